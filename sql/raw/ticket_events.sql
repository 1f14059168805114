-- What became of tickets, one row per change of status.
CREATE EXTERNAL TABLE raw.ticket_events (
  ticket_id    VARCHAR NOT NULL, -- which ticket
  account_id   VARCHAR NOT NULL, -- whose
  to_status    VARCHAR NOT NULL CHECK (to_status IN ('open', 'responded', 'escalated', 'resolved', 'reopened', 'closed')), -- what it became; `open` when it was made
  occurred_at  TIMESTAMP NOT NULL, -- when, UTC
  available_at TIMESTAMP NOT NULL -- when the warehouse knew, UTC
) STORED AS PARQUET
LOCATION 'ticket_events.parquet'
OPTIONS ('kind' 'events', 'key' 'ticket_id, to_status, occurred_at', 'happened_at' 'occurred_at', 'known_at' 'available_at',
         'optional' 'true')
