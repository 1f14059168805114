-- What customers said about the product, one row per item and delivery.
CREATE EXTERNAL TABLE raw.feedback (
  feedback_id  VARCHAR NOT NULL, -- the same for each delivery
  account_id   VARCHAR NOT NULL, -- who said it
  user_id      VARCHAR, -- the person
  feature      VARCHAR, -- about which feature
  kind         VARCHAR NOT NULL CHECK (kind IN ('idea', 'bug', 'praise', 'complaint')), -- what it is
  created_at   TIMESTAMP NOT NULL, -- when, UTC
  available_at TIMESTAMP NOT NULL -- when the warehouse knew, UTC
) STORED AS PARQUET
LOCATION 'feedback.parquet'
OPTIONS ('kind' 'events', 'key' 'feedback_id', 'happened_at' 'created_at', 'known_at' 'available_at',
         'optional' 'true')
