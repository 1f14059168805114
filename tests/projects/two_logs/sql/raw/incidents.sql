-- Tickets of the desk, as they stood in the end.
CREATE EXTERNAL TABLE raw.incidents (
  ticket_id  VARCHAR   NOT NULL PRIMARY KEY, -- the ticket
  account_id VARCHAR   NOT NULL, -- the location
  user_id    VARCHAR   NOT NULL, -- who called
  opened_at  TIMESTAMP NOT NULL, -- when, UTC
  priority   VARCHAR   NOT NULL, -- 1 - Critical to 4 - Low
  category   VARCHAR   NOT NULL -- about what
) STORED AS PARQUET
LOCATION 'incidents/tickets.parquet'
OPTIONS ('kind' 'events', 'happened_at' 'opened_at', 'known_after' '0 days')
