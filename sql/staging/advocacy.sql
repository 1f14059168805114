-- What customers did for us, each version with the days on which it counts.
CREATE VIEW staging.advocacy AS
SELECT
  act_id,
  account_id,
  type,
  asked_on,
  done_on,
  first_day,
  day_after
FROM dated.advocacy
