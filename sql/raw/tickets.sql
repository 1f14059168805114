-- Requests for support, one row per ticket and delivery; what became of one is in `raw.ticket_events`. A severity, type
-- or account that differs from the delivery before has changed when it was delivered, and not before.
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
OPTIONS ('kind' 'versions', 'key' 'ticket_id', 'known_at' 'available_at', 'begins_at' 'created_at',
         'fixed' 'user_id, channel, created_at', 'optional' 'true')
