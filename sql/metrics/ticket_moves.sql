-- What each change of status did to its ticket: an open ticket was resolved or closed, a closed one reopened, one was
-- escalated. Whatever was open before stands against what is open after, so that sums of changes give the state of a day
-- from the history of tickets, and not from how they stand now.
--
-- A ticket is open from its first change until it is resolved or closed, and again when anything else happens to it; it
-- is escalated until then. Changes of tickets that nobody knows count nowhere, and none before its
-- ticket was made.
CREATE VIEW metrics.ticket_moves AS
WITH states AS (
  SELECT
    ticket_id,
    day,
    to_status,
    occurred_at,
    step,
    CASE WHEN to_status IN ('resolved', 'closed') THEN 0 ELSE 1 END AS is_open,
    coalesce(last_value(CASE WHEN to_status = 'escalated' THEN 1 WHEN to_status IN ('resolved', 'closed') THEN 0 END)
      IGNORE NULLS OVER (
        PARTITION BY ticket_id ORDER BY occurred_at, step, to_status ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ), 0) AS is_escalated
  FROM staging.ticket_events
), changes AS (
  SELECT
    *,
    is_open - lag(is_open, 1, 0) OVER (PARTITION BY ticket_id ORDER BY occurred_at, step, to_status, is_escalated) AS open_change,
    is_escalated - lag(is_escalated, 1, 0) OVER (PARTITION BY ticket_id ORDER BY occurred_at, step, to_status, is_escalated) AS escalated_change
  FROM states
)
SELECT
  tickets.account_id,
  tickets.ticket_id,
  greatest(changes.day, tickets.day) AS day,
  changes.to_status,
  changes.occurred_at,
  tickets.type,
  tickets.severity,
  tickets.created_at,
  tickets.day AS opened_on,
  changes.open_change,
  changes.escalated_change
FROM staging.tickets
JOIN changes ON changes.ticket_id = tickets.ticket_id
