-- Tickets of the desk. The first digit of the priority is the severity.
CREATE VIEW staging.tickets AS
SELECT
  ticket_id,
  account_id,
  account_id || '/' || user_id AS user_id,
  'incident' AS type,
  CAST(substr(priority, 1, 1) AS BIGINT) AS severity,
  opened_at AS created_at,
  day,
  day AS first_day,
  CAST(NULL AS DATE) AS day_after
FROM dated.tickets
