-- Order lines, cancellations included, one row each.
CREATE EXTERNAL TABLE raw.events (
  account_id  VARCHAR   NOT NULL, -- the customer
  user_id     VARCHAR,            -- not recorded: always NULL
  event_type  VARCHAR   NOT NULL CHECK (event_type IN ('purchase', 'cancellation')), -- what the line does
  feature     VARCHAR   NOT NULL, -- the article
  occurred_at TIMESTAMP NOT NULL, -- when it was invoiced, UTC
  quantity    DOUBLE    NOT NULL  -- pieces; negative when cancelled; up to 80,995 on a line
) STORED AS PARQUET
LOCATION 'events.parquet'
OPTIONS ('kind' 'events', 'happened_at' 'occurred_at', 'known_after' '0 days')
