-- Commits and reviews, one row per act and part of the tree that it touched.
CREATE EXTERNAL TABLE raw.events (
  account_id  VARCHAR   NOT NULL, -- the author's domain
  user_id     VARCHAR   NOT NULL, -- the author
  event_type  VARCHAR   NOT NULL, -- patch, reviewed, acked, tested …
  feature     VARCHAR   NOT NULL, -- top folder that was touched
  occurred_at TIMESTAMP NOT NULL, -- when it was written, UTC
  recorded_at TIMESTAMP NOT NULL, -- when it reached the repository, UTC
  quantity    DOUBLE    NOT NULL -- files touched; 1 for a review
) STORED AS PARQUET
LOCATION 'dpdk/events.parquet'
OPTIONS ('kind' 'events', 'happened_at' 'occurred_at', 'known_at' 'recorded_at')
