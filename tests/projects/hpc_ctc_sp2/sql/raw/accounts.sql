-- Groups, one row each.
CREATE EXTERNAL TABLE raw.accounts (
  account_id VARCHAR   NOT NULL PRIMARY KEY, -- the group
  created_at TIMESTAMP NOT NULL              -- submission of its first job, UTC
) STORED AS PARQUET
LOCATION 'accounts.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id', 'begins_at' 'created_at')
