-- Customers, one row each.
CREATE EXTERNAL TABLE raw.accounts (
  account_id VARCHAR   NOT NULL PRIMARY KEY, -- the customer's number
  created_at TIMESTAMP NOT NULL              -- first line of the first order, UTC
) STORED AS PARQUET
LOCATION 'accounts.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id', 'begins_at' 'created_at')
