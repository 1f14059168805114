-- What each change of status did to its ticket: an open ticket was resolved or closed, a closed one reopened, one was
-- escalated. The ticket is as the change left it from `day` to the day before `next_day`, so that the state of a day comes
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
    to_status NOT IN ('resolved', 'closed') AS is_open,
    coalesce(last_value(CASE WHEN to_status = 'escalated' THEN TRUE WHEN to_status IN ('resolved', 'closed') THEN FALSE END)
      IGNORE NULLS OVER (
        PARTITION BY ticket_id ORDER BY occurred_at, step, to_status ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ), FALSE) AS is_escalated,
    coalesce(lag(to_status NOT IN ('resolved', 'closed')) OVER (PARTITION BY ticket_id ORDER BY occurred_at, step, to_status), FALSE) AS was_open
  FROM staging.ticket_events
), moves AS (
  SELECT
    *,
    lag(day) OVER (PARTITION BY ticket_id ORDER BY occurred_at DESC, step DESC, to_status DESC, is_escalated DESC, was_open DESC) AS next_day
  FROM states
)
SELECT
  moves.ticket_id,
  moves.to_status,
  greatest(moves.day, tickets.day) AS day,
  CASE WHEN moves.next_day IS NOT NULL THEN greatest(moves.next_day, tickets.day) END AS next_day,
  moves.is_open,
  moves.is_escalated,
  moves.was_open AND NOT moves.is_open AS has_closed
FROM moves
JOIN staging.tickets ON tickets.ticket_id = moves.ticket_id AND tickets.first_day = tickets.day
