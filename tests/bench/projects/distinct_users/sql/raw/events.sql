-- The event log as it was delivered.
CREATE EXTERNAL TABLE raw.events (
  account_id  VARCHAR   NOT NULL,
  user_id     VARCHAR,
  seconds     BIGINT    NOT NULL,
  occurred_at TIMESTAMP NOT NULL
) STORED AS PARQUET
LOCATION 'events'
OPTIONS ('kind' 'events', 'happened_at' 'occurred_at', 'known_after' '0 days')
