-- Meetings with customers, each version with the days on which it counts.
CREATE VIEW staging.interactions AS
SELECT
  interaction_id,
  account_id,
  type,
  contact_id,
  no_show,
  exec_present,
  local_day(scheduled_at) AS scheduled_on,
  local_day(held_at) AS held_on,
  first_day,
  day_after
FROM dated.interactions
