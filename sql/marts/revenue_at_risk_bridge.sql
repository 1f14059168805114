-- Why revenue at risk is what it is: from one day to `compare_days` later, by quarter and cause. What was at risk on the
-- first day and all changes together are what is at risk on the second, to the cent.
--
-- `cancelled`: a line that stands on both days was cancelled in between, or taken back, which may move it between the quarter
-- of its renewal and that of its end. `came`: the account had nothing in the quarter before, it signed or renewed into it.
-- Of what is there no more: `renewed` where the account's ARR outside of the quarter rose, whatever the price; `lost` where
-- it did not. Of what stayed, and before a cancellation: `fell` into a tier at risk, `recovered` out of one, `unscored` from
-- one at risk to no score. `changed` is the rest. What an account had that goes on in another one by the second day counts
-- as that one's. No row for a day whose counterpart lies before the data.
CREATE TABLE marts.revenue_at_risk_bridge (
  as_of_date     DATE    NOT NULL, -- at the end of this day
  quarter        VARCHAR NOT NULL, -- in which it renews or ends
  cause          VARCHAR NOT NULL CHECK (cause IN ('came', 'renewed', 'lost', 'fell', 'recovered', 'unscored', 'cancelled', 'changed')), -- why it changed
  from_date      DATE    NOT NULL, -- the earlier day
  accounts       BIGINT  NOT NULL CHECK (accounts >= 0), -- accounts whose ARR at risk in the quarter changed
  at_risk_before DECIMAL(18,2) NOT NULL CHECK (at_risk_before >= 0), -- what was at risk on the earlier day
  change         DECIMAL(18,2) NOT NULL, -- by how much that changed
  at_risk_after  DECIMAL(18,2) NOT NULL CHECK (at_risk_after = at_risk_before + change), -- what is at risk on this day
  PRIMARY KEY (as_of_date, quarter, cause)
) PARTITIONED BY (as_of_date) AS
WITH lines AS (
  SELECT line_id, account_id, is_cancelled, decided_in, first_day, day_after
  FROM metrics.contract_lines
  WHERE state <> 'lapsed'
), turned AS (
  SELECT
    days.day AS as_of_date,
    now.account_id,
    CASE side.name WHEN 'then' THEN earlier.decided_in ELSE now.decided_in END AS quarter
  -- The few lines come first: the engine keeps the left side in memory and lets the right one pass.
  FROM lines AS earlier
  JOIN lines AS now ON now.line_id = earlier.line_id AND now.is_cancelled <> earlier.is_cancelled
  CROSS JOIN (VALUES ('then'), ('now')) AS side (name)
  JOIN calendar.days
    ON days.day >= now.first_day
   AND days.day < now.day_after
   AND days.day - CAST($compare_days AS BIGINT) >= earlier.first_day
   AND days.day - CAST($compare_days AS BIGINT) < earlier.day_after
  GROUP BY days.day, now.account_id, quarter
), sides AS (
  SELECT as_of_date, account_id, quarter,
         arr AS arr_after, at_risk_arr AS at_risk_after,
         is_at_risk AS is_at_risk_after, is_at_risk IS NULL AS is_unscored_after,
         CAST(NULL AS DECIMAL(18,2)) AS arr_before, CAST(NULL AS DECIMAL(18,2)) AS at_risk_before,
         CAST(NULL AS BOOLEAN) AS is_at_risk_before
  FROM marts.renewals
  UNION ALL
  SELECT as_of_date + CAST($compare_days AS BIGINT), coalesce(survivor_id, renewals.account_id), quarter, NULL, NULL, NULL, NULL,
         arr, at_risk_arr, is_at_risk
  -- The few merged accounts come first: the engine keeps the left side in memory and lets the right one pass.
  FROM metrics.survivors
  RIGHT JOIN marts.renewals
    ON survivors.account_id = renewals.account_id
   AND renewals.as_of_date + CAST($compare_days AS BIGINT) >= survivors.first_day
   AND renewals.as_of_date + CAST($compare_days AS BIGINT) < survivors.day_after
), quarters AS (
  SELECT
    as_of_date,
    account_id,
    quarter,
    count(arr_before) = 0 AS is_new,
    count(arr_after) = 0 AS is_gone,
    coalesce(sum(arr_before), 0) AS arr_before,
    coalesce(sum(arr_after), 0) AS arr_after,
    coalesce(sum(at_risk_before), 0) AS risk_before,
    coalesce(sum(at_risk_after), 0) AS risk_after,
    coalesce(bool_or(is_at_risk_before), FALSE) AS was_at_risk,
    coalesce(bool_or(is_at_risk_after), FALSE) AS is_at_risk,
    coalesce(bool_or(is_unscored_after), FALSE) AS is_unscored
  FROM sides
  GROUP BY as_of_date, account_id, quarter
), totals AS (
  SELECT
    *,
    sum(arr_after - arr_before) OVER account - (arr_after - arr_before) AS risen_elsewhere,
    count(*) FILTER (WHERE NOT is_new) OVER account > 0 AND count(*) FILTER (WHERE NOT is_gone) OVER account > 0 AS is_on_both
  FROM quarters
  WINDOW account AS (PARTITION BY as_of_date, account_id)
), compared AS (
  SELECT
    totals.*,
    CASE
      WHEN (is_new OR is_gone) AND is_on_both AND turned.quarter IS NOT NULL THEN 'cancelled'
      WHEN is_new THEN 'came'
      WHEN is_gone AND risen_elsewhere > 0 THEN 'renewed'
      WHEN is_gone THEN 'lost'
      WHEN is_at_risk AND NOT was_at_risk THEN 'fell'
      WHEN was_at_risk AND is_unscored THEN 'unscored'
      WHEN was_at_risk AND NOT is_at_risk THEN 'recovered'
      WHEN turned.quarter IS NOT NULL THEN 'cancelled'
      ELSE 'changed'
    END AS cause
  FROM turned
  RIGHT JOIN totals
    ON turned.as_of_date = totals.as_of_date AND turned.account_id = totals.account_id AND turned.quarter = totals.quarter
), days AS (
  -- Both days are there: the earlier one may lie before the data, the later one is still to come.
  SELECT as_of_date
  FROM marts.renewals
  GROUP BY as_of_date
  INTERSECT
  SELECT as_of_date + CAST($compare_days AS BIGINT)
  FROM marts.renewals
  GROUP BY as_of_date
)
SELECT
  compared.as_of_date,
  quarter,
  cause,
  compared.as_of_date - CAST($compare_days AS BIGINT) AS from_date,
  count(*) FILTER (WHERE risk_after <> risk_before) AS accounts,
  CAST(sum(risk_before) AS DECIMAL(18,2)) AS at_risk_before,
  CAST(sum(risk_after - risk_before) AS DECIMAL(18,2)) AS change,
  CAST(sum(risk_after) AS DECIMAL(18,2)) AS at_risk_after
FROM compared
JOIN days ON days.as_of_date = compared.as_of_date
GROUP BY compared.as_of_date, quarter, cause
