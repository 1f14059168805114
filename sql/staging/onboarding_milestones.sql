-- Steps of onboarding, each version with the days on which it is what we know.
--
-- A version is known from the day on which it was written down until the next one of the same step is; `known_until` is
-- the first day no more, NULL for the newest. Of those written down on one day the last counts.
CREATE VIEW staging.onboarding_milestones AS
WITH versions AS (
  SELECT *, local_day(recorded_at) AS known_from
  FROM raw.onboarding_milestones
  QUALIFY row_number() OVER (
    PARTITION BY plan_id, milestone_id, local_day(recorded_at)
    ORDER BY recorded_at DESC, name, is_required, due_on, completed_on
  ) = 1
)
SELECT
  plan_id,
  milestone_id,
  name,
  is_required,
  due_on,
  completed_on,
  known_from,
  lag(known_from) OVER (PARTITION BY plan_id, milestone_id ORDER BY known_from DESC) AS known_until
FROM versions
