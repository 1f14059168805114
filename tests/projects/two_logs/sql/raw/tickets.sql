-- Tickets of the desk, as they stood in the end. The desk's tool writes a ticket down when it is opened: when no new one is
-- there for days, the log has stopped.
CREATE EXTERNAL TABLE raw.tickets (
  ticket_id  VARCHAR   NOT NULL PRIMARY KEY, -- the ticket
  account_id VARCHAR   NOT NULL, -- the location
  user_id    VARCHAR   NOT NULL, -- who called
  opened_at  TIMESTAMP NOT NULL, -- when, UTC
  priority   VARCHAR   NOT NULL, -- 1 - Critical to 4 - Low
  category   VARCHAR   NOT NULL -- about what
) STORED AS PARQUET
LOCATION 'incidents/tickets.parquet'
OPTIONS ('kind' 'events', 'key' 'ticket_id', 'happened_at' 'opened_at', 'known_at' 'opened_at', 'stale_after' '3 days', 'optional' 'true')
