-- The desk's states in the catalogue's words, in the log's own order. Whatever follows a resolution reopens the ticket.
CREATE VIEW staging.ticket_events AS
WITH states AS (
  SELECT
    ticket_id,
    CASE event_type
      WHEN 'ticket_new' THEN 'open'
      WHEN 'ticket_resolved' THEN 'resolved'
      WHEN 'ticket_closed' THEN 'closed'
      ELSE 'responded'
    END AS state,
    occurred_at,
    day,
    seq
  FROM dated.ticket_events
), ordered AS (
  SELECT *, lag(state) OVER (PARTITION BY ticket_id ORDER BY occurred_at, seq, state) AS before
  FROM states
), told AS (
  SELECT
    ticket_id,
    CASE WHEN before IN ('resolved', 'closed') AND state NOT IN ('resolved', 'closed') THEN 'reopened' ELSE state END AS to_status,
    occurred_at,
    day,
    seq AS step
  FROM ordered
)
SELECT ticket_id, to_status, occurred_at, step, day
FROM told
