-- Organisations, one row per e-mail domain, drawn from the log itself.
CREATE EXTERNAL TABLE raw.accounts (
  account_id VARCHAR   NOT NULL PRIMARY KEY, -- hash of the domain
  created_at TIMESTAMP NOT NULL              -- their first event, UTC
) STORED AS PARQUET
LOCATION 'accounts.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id', 'begins_at' 'created_at')
