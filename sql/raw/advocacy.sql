-- What customers did for us, one row per act and version, append-only: what was asked for and done later is another
-- row under the same id. An act is dated by its own days: of its rows the one written down last is true of all of them.
CREATE EXTERNAL TABLE raw.advocacy (
  act_id      VARCHAR NOT NULL, -- the act
  account_id  VARCHAR NOT NULL, -- who
  contact_id  VARCHAR, -- the person
  type        VARCHAR NOT NULL CHECK (type IN ('referral', 'reference_call', 'testimonial', 'review', 'case_study', 'event', 'beta', 'marketing')), -- what
  asked_on    DATE, -- the day we asked; NULL where they came by themselves
  done_on     DATE, -- the day they did it; NULL unless they did
  recorded_at TIMESTAMP NOT NULL, -- when this row was written down, UTC
  CHECK (asked_on IS NOT NULL OR done_on IS NOT NULL)
) STORED AS PARQUET
LOCATION 'advocacy.parquet'
OPTIONS ('kind' 'versions', 'key' 'act_id', 'version' 'act_id', 'known_at' 'recorded_at', 'optional' 'true')
