-- Customers of one cohort, one row each: all of them bought first in the same three months.
CREATE EXTERNAL TABLE raw.accounts (
  account_id VARCHAR   NOT NULL PRIMARY KEY, -- the customer
  created_at TIMESTAMP NOT NULL              -- day of the first purchase
) STORED AS PARQUET
LOCATION 'accounts.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id', 'begins_at' 'created_at')
