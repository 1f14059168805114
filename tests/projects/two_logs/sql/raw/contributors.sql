-- People who contribute.
CREATE EXTERNAL TABLE raw.contributors (
  account_id VARCHAR   NOT NULL, -- their domain
  user_id    VARCHAR   NOT NULL, -- the person
  created_at TIMESTAMP NOT NULL -- their first event, UTC
) STORED AS PARQUET
LOCATION 'dpdk/users.parquet'
