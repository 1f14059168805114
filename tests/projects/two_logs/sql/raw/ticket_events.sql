-- What became of tickets, one row per state that the desk's tool wrote down.
CREATE EXTERNAL TABLE raw.ticket_events (
  ticket_id   VARCHAR   NOT NULL, -- the ticket
  event_type  VARCHAR   NOT NULL, -- ticket_ and the state
  occurred_at TIMESTAMP NOT NULL, -- when, UTC
  seq         INT       NOT NULL -- place in the ticket's own log
) STORED AS PARQUET
LOCATION 'incidents/events.parquet'
OPTIONS ('kind' 'events', 'key' 'ticket_id, seq', 'happened_at' 'occurred_at', 'known_at' 'occurred_at', 'stale_after' '3 days', 'optional' 'true')
