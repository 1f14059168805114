-- The product's event log, one row per delivery: an event that was delivered twice stands twice under one event_id.
CREATE EXTERNAL TABLE raw.events (
  event_id     BIGINT    NOT NULL, -- the same for each delivery of an event
  account_id   VARCHAR   NOT NULL, -- whose product was used
  user_id      VARCHAR,            -- who used it; NULL for an integration
  session_id   BIGINT,             -- in which session; NULL for an integration
  event_name   VARCHAR   NOT NULL, -- login (one per session), feature_use, content_view, api_call
  feature      VARCHAR,            -- which feature, for feature_use
  seconds      BIGINT    NOT NULL CHECK (seconds >= 0), -- time in the product
  is_error     BOOLEAN   NOT NULL, -- the call failed
  occurred_at  TIMESTAMP NOT NULL, -- when it happened, UTC
  available_at TIMESTAMP NOT NULL  -- when the warehouse knew, UTC
) STORED AS PARQUET
LOCATION 'events'
OPTIONS ('kind' 'events', 'key' 'event_id', 'happened_at' 'occurred_at', 'known_at' 'available_at',
         'stale_after' '3 days', 'usage' 'true')
