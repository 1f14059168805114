-- Requests for support, each once: of several deliveries the one that was available last counts, and one that dates the
-- ticket later than another never does. `day` is the day of its opening in the project's time zone.
CREATE VIEW staging.tickets AS
SELECT ticket_id, account_id, user_id, type, severity, created_at, local_day(created_at) AS day
FROM raw.tickets
QUALIFY row_number() OVER (
  PARTITION BY ticket_id
  ORDER BY created_at, available_at DESC, account_id, user_id, type, severity, channel
) = 1
