-- Changes of a ticket's state, one row each.
CREATE EXTERNAL TABLE raw.events (
  account_id  VARCHAR   NOT NULL, -- the location
  user_id     VARCHAR   NOT NULL, -- the caller; those not known share one name
  event_type  VARCHAR   NOT NULL, -- the state entered; one of them is called ticket_-100
  feature     VARCHAR,            -- the category; NULL where none was given
  occurred_at TIMESTAMP NOT NULL, -- when, UTC
  quantity    DOUBLE    NOT NULL CHECK (quantity = round(quantity)), -- always 1
  ticket_id   VARCHAR   NOT NULL, -- the ticket
  seq         INT       NOT NULL, -- number of the change within its ticket
  PRIMARY KEY (ticket_id, seq)
) STORED AS PARQUET
LOCATION 'events.parquet'
OPTIONS ('kind' 'events', 'happened_at' 'occurred_at', 'known_after' '0 days')
