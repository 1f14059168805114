-- How customers are brought into use, each version of a plan with the days on which it is what we know.
--
-- A version is known from the day on which it was written down until the next one of the same plan is; `known_until` is
-- the first day no more, NULL for the newest. Of those written down on one day the last counts.
CREATE VIEW staging.onboarding_plans AS
WITH versions AS (
  SELECT *, local_day(recorded_at) AS known_from
  FROM raw.onboarding_plans
  QUALIFY row_number() OVER (
    PARTITION BY plan_id, local_day(recorded_at)
    ORDER BY recorded_at DESC, account_id, started_on, target_go_live_on, go_live_on, completed_on
  ) = 1
)
SELECT
  plan_id,
  account_id,
  started_on,
  target_go_live_on,
  go_live_on,
  completed_on,
  known_from,
  lag(known_from) OVER (PARTITION BY plan_id ORDER BY known_from DESC) AS known_until
FROM versions
