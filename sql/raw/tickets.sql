-- Requests for support, one row per ticket; what became of one is in `raw.ticket_events`.
CREATE EXTERNAL TABLE raw.tickets (
  ticket_id    VARCHAR NOT NULL, -- the same for each delivery of a ticket
  account_id   VARCHAR NOT NULL, -- who asked
  user_id      VARCHAR, -- the person; NULL where unknown
  type         VARCHAR NOT NULL CHECK (type IN ('bug', 'question', 'incident', 'feature_request', 'billing')), -- about what
  severity     BIGINT NOT NULL CHECK (severity BETWEEN 1 AND 4), -- 1 is the worst
  channel      VARCHAR NOT NULL, -- email, chat, phone or portal
  created_at   TIMESTAMP NOT NULL, -- when, UTC
  available_at TIMESTAMP NOT NULL -- when the warehouse knew, UTC
) STORED AS PARQUET
LOCATION 'tickets.parquet'
OPTIONS ('kind' 'events', 'key' 'ticket_id', 'happened_at' 'created_at', 'known_at' 'available_at',
         'optional' 'true')
