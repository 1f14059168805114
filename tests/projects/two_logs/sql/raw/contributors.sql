-- People who contribute.
CREATE EXTERNAL TABLE raw.contributors (
  account_id VARCHAR   NOT NULL, -- their domain
  user_id    VARCHAR   NOT NULL, -- the person
  created_at TIMESTAMP NOT NULL -- their first event, UTC
) STORED AS PARQUET
LOCATION 'dpdk/users.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id, user_id', 'begins_at' 'created_at')
