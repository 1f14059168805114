-- How much of its customers and of their revenue the business keeps: net and gross revenue retention, churn of customers
-- and of revenue, of each month and of the twelve months up to the day, for all accounts and by segment.
--
-- Held against each other are the last day before a period and its last day, account by account. A customer is an account
-- with ARR: a pilot without any that is sold is new. Net retention (NRR) is what those who were there at the start are
-- worth at the end by what they were worth then; gross retention (GRR) counts none of them for more than at the start, so
-- that growth of one hides no loss of another. Whoever has no ARR at the end has churned; of these, `lapsed` are those whose
-- last line ended less than `return_gap_days` ago, some of whom come back. An account stays in the segment in which the
-- period found it. One that goes on in another account by the end of the period counts with that one: it is `merged`, and
-- has neither churned nor made the other grow. Money is in the project's currency, by the rate that was fixed when each line was signed: no rate of the
-- day moves it.
--
-- As of a day there are all months that are over, that of the day up to it, and its twelve months.
CREATE TABLE marts.retention (
  as_of_date        DATE    NOT NULL, -- at the end of this day
  period            VARCHAR NOT NULL CHECK (period IN ('month', '12 months')), -- a month of the calendar, or the twelve months up to the day
  through_date      DATE    NOT NULL CHECK (through_date <= as_of_date), -- last day of the period
  cut               VARCHAR NOT NULL CHECK (cut IN ('business', 'segment')), -- by what the accounts are put together
  member            VARCHAR NOT NULL, -- which segment; `all` of the business
  from_date         DATE    NOT NULL CHECK (from_date < through_date), -- day before the period, at whose end it starts
  is_closed         BOOLEAN NOT NULL, -- the period is over; FALSE of a month of which days are still to come
  accounts_at_start BIGINT  NOT NULL CHECK (accounts_at_start >= 0), -- accounts with ARR at the start
  new_accounts      BIGINT  NOT NULL CHECK (new_accounts >= 0), -- accounts with ARR at the end that never had any up to the start
  returned_accounts BIGINT  NOT NULL CHECK (returned_accounts >= 0), -- accounts with ARR at the end that had none at the start, and some before
  churned_accounts  BIGINT  NOT NULL CHECK (churned_accounts BETWEEN 0 AND accounts_at_start), -- accounts with ARR at the start and none at the end
  merged_accounts   BIGINT  NOT NULL CHECK (merged_accounts BETWEEN 0 AND accounts_at_start - churned_accounts), -- accounts with ARR at the start that go on in another one with ARR then
  lapsed_accounts   BIGINT  NOT NULL CHECK (lapsed_accounts BETWEEN 0 AND churned_accounts), -- churned accounts whose last line ended less than `return_gap_days` ago: they may still come back
  accounts_at_end   BIGINT  NOT NULL CHECK (accounts_at_end = accounts_at_start + new_accounts + returned_accounts - churned_accounts - merged_accounts), -- accounts with ARR at the end
  arr_at_start      DECIMAL(18,2) NOT NULL CHECK (arr_at_start >= 0), -- ARR at the start
  new_arr           DECIMAL(18,2) NOT NULL CHECK (new_arr >= 0), -- ARR of the new accounts at the end
  returned_arr      DECIMAL(18,2) NOT NULL CHECK (returned_arr >= 0), -- ARR of the returned accounts at the end
  expansion_arr     DECIMAL(18,2) NOT NULL CHECK (expansion_arr >= 0), -- by how much accounts grew that were there at both ends
  contraction_arr   DECIMAL(18,2) NOT NULL CHECK (contraction_arr >= 0), -- by how much accounts shrank that were there at both ends
  churned_arr       DECIMAL(18,2) NOT NULL CHECK (churned_arr BETWEEN 0 AND arr_at_start), -- ARR at the start of the churned accounts
  lapsed_arr        DECIMAL(18,2) NOT NULL CHECK (lapsed_arr BETWEEN 0 AND churned_arr), -- ARR at the start of the lapsed accounts
  arr_at_end        DECIMAL(18,2) NOT NULL CHECK (arr_at_end = arr_at_start + new_arr + returned_arr + expansion_arr - contraction_arr - churned_arr), -- ARR at the end
  nrr               DOUBLE  CHECK (nrr >= grr), -- net revenue retention: (start + expansion - contraction - churn) / start; NULL without ARR at the start
  grr               DOUBLE  CHECK (grr BETWEEN 0 AND 1), -- gross revenue retention: (start - contraction - churn) / start; NULL without ARR at the start
  logo_churn        DOUBLE  CHECK (logo_churn BETWEEN 0 AND 1), -- share of the accounts at the start that churned; NULL without any
  revenue_churn     DOUBLE  CHECK (revenue_churn BETWEEN 0 AND 1), -- share of the ARR at the start that churned; NULL without any
  PRIMARY KEY (as_of_date, period, through_date, cut, member)
) PARTITIONED BY (as_of_date) AS
WITH periods AS (
  SELECT
    day AS through_date,
    period,
    CASE WHEN period = 'month' THEN day - CAST(date_part('day', day) AS BIGINT) ELSE CAST(day - INTERVAL '12' MONTH AS DATE) END AS from_date,
    period <> 'month' OR date_part('day', day + 1) = 1 AS is_closed
  FROM calendar.days
  CROSS JOIN (VALUES ('month'), ('12 months')) AS kinds (period)
), ends AS (
  SELECT through_date, period, from_date, is_closed, TRUE AS is_start, from_date AS day
  FROM periods
  UNION ALL
  SELECT through_date, period, from_date, is_closed, FALSE, through_date AS day
  FROM periods
), accounts AS (
  SELECT
    ends.through_date,
    ends.period,
    ends.from_date,
    ends.is_closed,
    coalesce(survivors.survivor_id, customers.account_id) AS account_id,
    count(*) FILTER (WHERE ends.is_start AND customers.arr > 0) AS accounts_before,
    coalesce(
      max(CASE WHEN ends.is_start AND customers.arr > 0 AND survivors.survivor_id IS NULL THEN customers.segment END),
      max(CASE WHEN ends.is_start AND customers.arr > 0 THEN customers.segment END),
      max(CASE WHEN NOT ends.is_start THEN customers.segment END)
    ) AS segment,
    coalesce(sum(customers.arr) FILTER (WHERE ends.is_start), 0) AS arr_before,
    coalesce(sum(customers.arr) FILTER (WHERE NOT ends.is_start), 0) AS arr_after,
    coalesce(min(customers.paying_since) <= ends.from_date, FALSE) AS has_paid,
    coalesce(bool_or(NOT ends.is_start AND NOT customers.is_in_force), FALSE) AS has_lapsed
  -- The few stretches come first: the engine keeps the left side in memory and lets the right one pass.
  FROM metrics.customer_periods AS customers
  JOIN ends ON ends.day >= customers.first_day AND ends.day < customers.day_after
  LEFT JOIN metrics.survivors
    ON survivors.account_id = customers.account_id
   AND ends.through_date >= survivors.first_day
   AND ends.through_date < survivors.day_after
  GROUP BY ends.through_date, ends.period, ends.from_date, ends.is_closed, coalesce(survivors.survivor_id, customers.account_id)
), moves AS (
  SELECT
    *,
    CASE
      WHEN arr_before = 0 AND has_paid THEN 'returned'
      WHEN arr_before = 0 THEN 'new'
      WHEN arr_after = 0 AND has_lapsed THEN 'lapsed'
      WHEN arr_after = 0 THEN 'churned'
      ELSE 'kept'
    END AS move,
    greatest(accounts_before - 1, 0) AS merged,
    greatest(arr_after - arr_before, 0) AS rise,
    greatest(arr_before - arr_after, 0) AS fall
  FROM accounts
  WHERE arr_before > 0 OR arr_after > 0
), cuts AS (
  SELECT 'business' AS cut, 'all' AS member, through_date, period, from_date, is_closed, move, accounts_before, merged, arr_before, arr_after, rise, fall
  FROM moves
  UNION ALL
  SELECT 'segment', segment, through_date, period, from_date, is_closed, move, accounts_before, merged, arr_before, arr_after, rise, fall
  FROM moves
), sums AS (
  SELECT
    through_date,
    period,
    from_date,
    is_closed,
    cut,
    member,
    sum(accounts_before) AS accounts_at_start,
    count(*) FILTER (WHERE move = 'new') AS new_accounts,
    count(*) FILTER (WHERE move = 'returned') AS returned_accounts,
    count(*) FILTER (WHERE move IN ('churned', 'lapsed')) AS churned_accounts,
    sum(merged) AS merged_accounts,
    count(*) FILTER (WHERE move = 'lapsed') AS lapsed_accounts,
    count(*) FILTER (WHERE move IN ('kept', 'new', 'returned')) AS accounts_at_end,
    sum(arr_before) AS arr_at_start,
    coalesce(sum(rise) FILTER (WHERE move = 'new'), 0) AS new_arr,
    coalesce(sum(rise) FILTER (WHERE move = 'returned'), 0) AS returned_arr,
    coalesce(sum(rise) FILTER (WHERE move = 'kept'), 0) AS expansion_arr,
    coalesce(sum(fall) FILTER (WHERE move = 'kept'), 0) AS contraction_arr,
    coalesce(sum(fall) FILTER (WHERE move IN ('churned', 'lapsed')), 0) AS churned_arr,
    coalesce(sum(fall) FILTER (WHERE move = 'lapsed'), 0) AS lapsed_arr,
    sum(arr_after) AS arr_at_end
  FROM cuts
  GROUP BY through_date, period, from_date, is_closed, cut, member
), dated AS (
  SELECT through_date AS as_of_date, *
  FROM sums
  UNION ALL
  SELECT days.day, sums.*
  FROM sums
  JOIN calendar.days ON days.day > sums.through_date
  WHERE sums.period = 'month' AND sums.is_closed
)
SELECT
  as_of_date,
  period,
  through_date,
  cut,
  member,
  from_date,
  is_closed,
  accounts_at_start,
  new_accounts,
  returned_accounts,
  churned_accounts,
  merged_accounts,
  lapsed_accounts,
  accounts_at_end,
  CAST(arr_at_start AS DECIMAL(18,2)) AS arr_at_start,
  CAST(new_arr AS DECIMAL(18,2)) AS new_arr,
  CAST(returned_arr AS DECIMAL(18,2)) AS returned_arr,
  CAST(expansion_arr AS DECIMAL(18,2)) AS expansion_arr,
  CAST(contraction_arr AS DECIMAL(18,2)) AS contraction_arr,
  CAST(churned_arr AS DECIMAL(18,2)) AS churned_arr,
  CAST(lapsed_arr AS DECIMAL(18,2)) AS lapsed_arr,
  CAST(arr_at_end AS DECIMAL(18,2)) AS arr_at_end,
  round(CAST(arr_at_start + expansion_arr - contraction_arr - churned_arr AS DOUBLE) / nullif(CAST(arr_at_start AS DOUBLE), 0), 4) AS nrr,
  round(CAST(arr_at_start - contraction_arr - churned_arr AS DOUBLE) / nullif(CAST(arr_at_start AS DOUBLE), 0), 4) AS grr,
  round(CAST(churned_accounts AS DOUBLE) / nullif(accounts_at_start, 0), 4) AS logo_churn,
  round(CAST(churned_arr AS DOUBLE) / nullif(CAST(arr_at_start AS DOUBLE), 0), 4) AS revenue_churn
FROM dated
