-- Calls, reviews and other meetings with customers, one row per meeting and version, append-only. A meeting is dated by
-- its own times: of its rows the one written down last is true, whatever was written before.
CREATE EXTERNAL TABLE raw.interactions (
  interaction_id VARCHAR NOT NULL, -- the meeting
  account_id     VARCHAR NOT NULL, -- with whom
  type           VARCHAR NOT NULL CHECK (type IN ('call', 'qbr', 'ebr', 'email', 'training', 'event')), -- what it was
  owner_id       VARCHAR, -- who of us
  contact_id     VARCHAR, -- who of them, where one person is named
  scheduled_at   TIMESTAMP NOT NULL, -- for when it was planned, UTC
  held_at        TIMESTAMP, -- when it took place, UTC; NULL unless it did
  no_show        BOOLEAN NOT NULL, -- they did not come
  exec_present   BOOLEAN NOT NULL, -- one of their executives was there
  recorded_at    TIMESTAMP NOT NULL, -- when this row was written down, UTC
  CHECK (held_at IS NULL OR NOT no_show)
) STORED AS PARQUET
LOCATION 'interactions.parquet'
OPTIONS ('kind' 'versions', 'key' 'interaction_id', 'version' 'interaction_id', 'known_at' 'recorded_at',
         'optional' 'true')
