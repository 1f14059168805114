-- What became of the accounts of each tier of the main score: how many were lost, and how much of their revenue was kept. It is
-- told on the day on which that is known for good, of the day on which they were observed (`outcomes.retention`), for five horizons.
--
-- The tier is the one that people saw: that of the score as it was published of the day observed, whatever its definition was
-- then (`version`). Of a day of which no score is published there are no rows. A score that means something loses most in its
-- lowest tiers. `loss_rate` is of those alone who were free to leave and had not said so; retention is of all, from the end of
-- the day observed to the end of the horizon. The horizon of 60 days after a lead of 30 is a quarter: where `quarter` is said, the
-- day observed is the last one before it.
CREATE TABLE marts.outcomes_by_tier (
  as_of_date      DATE    NOT NULL, -- the day on which it became known
  horizon_days    BIGINT  NOT NULL CHECK (horizon_days IN (30, 60, 90, 180, 365)), -- days that were looked at, after the lead
  tier_rank       BIGINT  NOT NULL CHECK (tier_rank >= 0), -- place of the tier from the lowest, which is 1; 0 without a score
  observed_on     DATE    NOT NULL CHECK (observed_on < as_of_date), -- the day at whose end the accounts were in the tier
  quarter         VARCHAR, -- the quarter that begins on the day after, such as `2026-Q3`; NULL of other days
  tier            VARCHAR NOT NULL, -- the tier, as it was published
  is_at_risk      BOOLEAN, -- whether it is one at risk; NULL without a score
  definition      VARCHAR NOT NULL, -- content hash of what the score meant then
  version         VARCHAR NOT NULL, -- version of the score then
  accounts        BIGINT  NOT NULL CHECK (accounts > 0), -- customers in the tier that day
  judged_accounts BIGINT  NOT NULL CHECK (judged_accounts <= accounts), -- accounts in it that were free to leave, had not said so, and were not lost in the lead
  lost_judged     BIGINT  NOT NULL CHECK (lost_judged <= judged_accounts), -- judged accounts that were lost within the horizon
  lost_accounts   BIGINT  NOT NULL CHECK (lost_accounts BETWEEN lost_judged AND accounts), -- accounts that were lost by the end of the horizon, judged or not
  arr             DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- what the accounts were worth a year on the day observed
  lost_arr        DECIMAL(18,2) NOT NULL CHECK (lost_arr BETWEEN 0 AND arr), -- what the lost accounts were worth on the day observed
  arr_kept        DECIMAL(18,2) NOT NULL CHECK (arr_kept BETWEEN 0 AND arr), -- of what each account was worth on the day observed, as much as it is worth at the end of the horizon
  arr_later       DECIMAL(18,2) NOT NULL CHECK (arr_later >= arr_kept), -- what the accounts are worth a year at the end of the horizon
  loss_rate       DOUBLE  CHECK (loss_rate BETWEEN 0 AND 1), -- share of the judged who were lost; NULL without any
  logo_retention  DOUBLE  NOT NULL CHECK (logo_retention BETWEEN 0 AND 1), -- share of all who were kept
  grr             DOUBLE  CHECK (grr BETWEEN 0 AND 1), -- gross revenue retention: arr_kept / arr; NULL without ARR
  nrr             DOUBLE  CHECK (nrr >= grr), -- net revenue retention: arr_later / arr; NULL without ARR
  PRIMARY KEY (as_of_date, horizon_days, tier_rank)
) PARTITIONED BY (as_of_date) AS
WITH seen AS (
  -- Each day of a score is that of five outcomes, each known so many days later.
  SELECT as_of_date + CAST($return_gap_days + $lead_days + 30 AS BIGINT) AS as_of_date, 30 AS horizon_days, account_id, tier, tier_rank, is_at_risk, definition, version
  FROM published.main
  UNION ALL
  SELECT as_of_date + CAST($return_gap_days + $lead_days + 60 AS BIGINT), 60, account_id, tier, tier_rank, is_at_risk, definition, version
  FROM published.main
  UNION ALL
  SELECT as_of_date + CAST($return_gap_days + $lead_days + 90 AS BIGINT), 90, account_id, tier, tier_rank, is_at_risk, definition, version
  FROM published.main
  UNION ALL
  SELECT as_of_date + CAST($return_gap_days + $lead_days + 180 AS BIGINT), 180, account_id, tier, tier_rank, is_at_risk, definition, version
  FROM published.main
  UNION ALL
  SELECT as_of_date + CAST($return_gap_days + $lead_days + 365 AS BIGINT), 365, account_id, tier, tier_rank, is_at_risk, definition, version
  FROM published.main
), sums AS (
  SELECT
    became.as_of_date,
    became.horizon_days,
    coalesce(seen.tier_rank, 0) AS tier_rank,
    became.observed_on,
    seen.tier,
    seen.is_at_risk,
    seen.definition,
    seen.version,
    count(*) AS accounts,
    count(became.is_lost) AS judged_accounts,
    count(*) FILTER (WHERE became.is_lost) AS lost_judged,
    count(became.lost_on) AS lost_accounts,
    sum(became.arr) AS arr,
    coalesce(sum(became.arr) FILTER (WHERE became.lost_on IS NOT NULL), 0) AS lost_arr,
    sum(least(became.arr, became.arr_later)) AS arr_kept,
    sum(became.arr_later) AS arr_later
  FROM outcomes.retention AS became
  JOIN seen
    ON seen.account_id = became.account_id
   AND seen.as_of_date = became.as_of_date
   AND seen.horizon_days = became.horizon_days
  GROUP BY became.as_of_date, became.horizon_days, became.observed_on, seen.tier_rank, seen.tier, seen.is_at_risk, seen.definition, seen.version
)
SELECT
  as_of_date,
  horizon_days,
  tier_rank,
  observed_on,
  CASE
    WHEN date_part('day', observed_on + 1) = 1 AND date_part('month', observed_on + 1) IN (1, 4, 7, 10)
      THEN CAST(CAST(date_part('year', observed_on + 1) AS BIGINT) AS VARCHAR) || '-Q' || CAST(CAST(date_part('quarter', observed_on + 1) AS BIGINT) AS VARCHAR)
  END AS quarter,
  tier,
  is_at_risk,
  definition,
  version,
  accounts,
  judged_accounts,
  lost_judged,
  lost_accounts,
  CAST(arr AS DECIMAL(18,2)) AS arr,
  CAST(lost_arr AS DECIMAL(18,2)) AS lost_arr,
  CAST(arr_kept AS DECIMAL(18,2)) AS arr_kept,
  CAST(arr_later AS DECIMAL(18,2)) AS arr_later,
  round(CAST(lost_judged AS DOUBLE) / nullif(judged_accounts, 0), 4) AS loss_rate,
  round(1 - CAST(lost_accounts AS DOUBLE) / accounts, 4) AS logo_retention,
  round(CAST(arr_kept AS DOUBLE) / nullif(CAST(arr AS DOUBLE), 0), 4) AS grr,
  round(CAST(arr_later AS DOUBLE) / nullif(CAST(arr AS DOUBLE), 0), 4) AS nrr
FROM sums
