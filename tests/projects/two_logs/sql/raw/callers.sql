-- People who call the desk.
CREATE EXTERNAL TABLE raw.callers (
  account_id VARCHAR   NOT NULL, -- where
  user_id    VARCHAR   NOT NULL, -- the person; caller-unknown is nobody in particular
  created_at TIMESTAMP NOT NULL -- their first ticket, UTC
) STORED AS PARQUET
LOCATION 'incidents/users.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id, user_id', 'begins_at' 'created_at')
