-- Requests for support, each version with the days on which it counts, from the opening on; `day` is that of the opening,
-- and the first day of exactly one version.
CREATE VIEW staging.tickets AS
SELECT
  ticket_id,
  account_id,
  user_id,
  type,
  severity,
  created_at,
  local_day(created_at) AS day,
  greatest(first_day, local_day(created_at)) AS first_day,
  day_after
FROM dated.tickets
WHERE day_after IS NULL OR local_day(created_at) < day_after
