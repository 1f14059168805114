-- What customers want to reach, each version with the days on which it is what we know.
--
-- A version is known from the day on which it was written down until the next one of the same goal is; `known_until` is
-- the first day no more, NULL for the newest. Of those written down on one day the last counts.
CREATE VIEW staging.goals AS
WITH versions AS (
  SELECT *, local_day(recorded_at) AS known_from
  FROM raw.goals
  QUALIFY row_number() OVER (
    PARTITION BY goal_id, local_day(recorded_at)
    ORDER BY recorded_at DESC, account_id, name, due_on, achieved_on
  ) = 1
)
SELECT
  goal_id,
  account_id,
  name,
  due_on,
  achieved_on,
  known_from,
  lag(known_from) OVER (PARTITION BY goal_id ORDER BY known_from DESC) AS known_until
FROM versions
