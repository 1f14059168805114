-- Why revenue at risk is what it is: from one day to `compare_days` later, by quarter and cause. What was at risk on the
-- first day and all changes together are what is at risk on the second, to the cent.
--
-- `came`: the account had nothing in the quarter before, signed or renewed into it; `went`: it has nothing there any
-- more, ended or renewed out of it. Of what stayed: `fell` and `recovered` went between the two lowest tiers and those
-- above; `cancelled` and `changed` are lines that were cancelled, or taken back, and other changes of what is at risk.
-- A row for every day on which both days are published; computed when asked.
CREATE VIEW marts.revenue_at_risk_bridge AS
WITH days AS (
  SELECT DISTINCT as_of_date FROM marts.revenue_at_risk
), pairs AS (
  SELECT later.as_of_date, earlier.as_of_date AS from_date
  FROM days AS later
  JOIN days AS earlier ON earlier.as_of_date = later.as_of_date - CAST($compare_days AS BIGINT)
), sides AS (
  SELECT pairs.as_of_date, pairs.from_date, renewals.account_id, renewals.quarter,
         renewals.arr AS arr_after, renewals.cancelled_arr AS cancelled_after, renewals.at_risk_arr AS at_risk_after,
         renewals.is_at_risk AS is_at_risk_after,
         CAST(NULL AS DECIMAL(18,2)) AS arr_before, CAST(NULL AS DECIMAL(18,2)) AS cancelled_before,
         CAST(NULL AS DECIMAL(18,2)) AS at_risk_before, CAST(NULL AS BOOLEAN) AS is_at_risk_before
  FROM pairs
  JOIN marts.renewals AS renewals ON renewals.as_of_date = pairs.as_of_date
  UNION ALL
  SELECT pairs.as_of_date, pairs.from_date, renewals.account_id, renewals.quarter, NULL, NULL, NULL, NULL,
         renewals.arr, renewals.cancelled_arr, renewals.at_risk_arr, renewals.is_at_risk
  FROM pairs
  JOIN marts.renewals AS renewals ON renewals.as_of_date = pairs.from_date
), compared AS (
  SELECT
    as_of_date,
    from_date,
    quarter,
    account_id,
    coalesce(sum(at_risk_before), 0) AS risk_before,
    coalesce(sum(at_risk_after), 0) AS risk_after,
    CASE
      WHEN count(arr_before) = 0 THEN 'came'
      WHEN count(arr_after) = 0 THEN 'went'
      WHEN bool_or(is_at_risk_after) AND NOT bool_or(is_at_risk_before) THEN 'fell'
      WHEN bool_or(is_at_risk_before) AND NOT bool_or(is_at_risk_after) THEN 'recovered'
      WHEN sum(cancelled_after) <> sum(cancelled_before) THEN 'cancelled'
      ELSE 'changed'
    END AS cause
  FROM sides
  GROUP BY as_of_date, from_date, quarter, account_id
)
SELECT
  as_of_date,
  from_date,
  quarter,
  cause,
  count(*) FILTER (WHERE risk_after <> risk_before) AS accounts,
  CAST(sum(risk_before) AS DECIMAL(18,2)) AS at_risk_before,
  CAST(sum(risk_after - risk_before) AS DECIMAL(18,2)) AS change,
  CAST(sum(risk_after) AS DECIMAL(18,2)) AS at_risk_after
FROM compared
GROUP BY as_of_date, from_date, quarter, cause
