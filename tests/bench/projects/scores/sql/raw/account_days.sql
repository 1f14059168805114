-- Eleven counts of an account on a day, one row for every account and day.
CREATE EXTERNAL TABLE raw.account_days (
  account_id VARCHAR NOT NULL,
  as_of_date DATE    NOT NULL,
  events     BIGINT  NOT NULL,
  seconds    BIGINT  NOT NULL,
  logins     BIGINT  NOT NULL,
  uses       BIGINT  NOT NULL,
  views      BIGINT  NOT NULL,
  calls      BIGINT  NOT NULL,
  errors     BIGINT  NOT NULL,
  users      BIGINT  NOT NULL,
  sessions   BIGINT  NOT NULL,
  features   BIGINT  NOT NULL,
  longest    BIGINT  NOT NULL
) STORED AS PARQUET
LOCATION 'account_days.parquet'
OPTIONS ('kind' 'events', 'happened_at' 'as_of_date', 'known_after' '0 days')
