-- Meetings with customers, each once, with the days for which it was planned and on which it was held.
CREATE VIEW staging.interactions AS
SELECT
  interaction_id,
  account_id,
  type,
  contact_id,
  no_show,
  exec_present,
  local_day(scheduled_at) AS scheduled_on,
  local_day(held_at) AS held_on
FROM dated.interactions
