-- Clicks, one row per student, page and day. Days only: every time is midnight.
CREATE EXTERNAL TABLE raw.events (
  account_id  VARCHAR   NOT NULL, -- the enrolment
  user_id     VARCHAR   NOT NULL, -- the student
  event_type  VARCHAR   NOT NULL, -- kind of page
  feature     VARCHAR   NOT NULL, -- the page
  occurred_at TIMESTAMP NOT NULL, -- the day, at midnight UTC
  quantity    DOUBLE    NOT NULL CHECK (quantity = round(quantity)) -- clicks
) STORED AS PARQUET
LOCATION 'events.parquet'
OPTIONS ('kind' 'events', 'happened_at' 'occurred_at', 'known_after' '0 days')
