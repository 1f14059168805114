-- Jobs, one row each, dated by their submission and known when they ended. Their processor-time is of whole seconds.
CREATE EXTERNAL TABLE raw.events (
  account_id  VARCHAR   NOT NULL, -- the group
  user_id     VARCHAR   NOT NULL, -- who submitted it
  event_type  VARCHAR   NOT NULL CHECK (event_type IN ('job_completed', 'job_failed')), -- how it ended
  feature     VARCHAR   NOT NULL, -- the queue's kind
  occurred_at TIMESTAMP NOT NULL, -- when it was submitted, UTC
  recorded_at TIMESTAMP NOT NULL, -- when it ended, UTC
  quantity    DOUBLE    NOT NULL CHECK (abs(quantity * 3600 - round(quantity * 3600)) < 0.00001) -- processor-hours
) STORED AS PARQUET
LOCATION 'events.parquet'
OPTIONS ('kind' 'events', 'happened_at' 'occurred_at', 'known_at' 'recorded_at')
