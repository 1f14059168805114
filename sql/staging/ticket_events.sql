-- What became of tickets.
--
-- `step` orders changes of one instant: a ticket is opened before it is answered, and resolved before it is reopened.
CREATE VIEW staging.ticket_events AS
SELECT
  ticket_id,
  to_status,
  occurred_at,
  CASE to_status
    WHEN 'open' THEN 1
    WHEN 'responded' THEN 2
    WHEN 'escalated' THEN 3
    WHEN 'resolved' THEN 4
    WHEN 'closed' THEN 5
    ELSE 6
  END AS step,
  day
FROM dated.ticket_events
