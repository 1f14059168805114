-- Accounts, one row each.
CREATE EXTERNAL TABLE raw.accounts (
  account_id VARCHAR NOT NULL PRIMARY KEY
) STORED AS PARQUET
LOCATION 'lives.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id')
