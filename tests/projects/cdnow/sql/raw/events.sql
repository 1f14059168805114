-- Purchases, one row each. Days only: every time is midnight.
CREATE EXTERNAL TABLE raw.events (
  account_id  VARCHAR   NOT NULL, -- the customer
  user_id     VARCHAR,            -- not recorded: always NULL
  event_type  VARCHAR   NOT NULL, -- always a purchase
  feature     VARCHAR   NOT NULL, -- always a CD
  occurred_at TIMESTAMP NOT NULL, -- the day, at midnight UTC
  quantity    DOUBLE    NOT NULL CHECK (quantity > 0) -- CDs
) STORED AS PARQUET
LOCATION 'events.parquet'
OPTIONS ('kind' 'events', 'happened_at' 'occurred_at', 'known_after' '0 days')
