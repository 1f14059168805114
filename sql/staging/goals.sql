-- What customers want to reach, each version with the days on which it counts.
CREATE VIEW staging.goals AS
SELECT
  goal_id,
  account_id,
  name,
  due_on,
  achieved_on,
  first_day,
  day_after
FROM dated.goals
