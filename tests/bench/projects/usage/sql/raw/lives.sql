-- From when to when each account was a customer.
CREATE EXTERNAL TABLE raw.lives (
  account_id     VARCHAR NOT NULL PRIMARY KEY,
  customer_since DATE    NOT NULL,
  churned_on     DATE
) STORED AS PARQUET
LOCATION 'lives.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id', 'begins_at' 'customer_since', 'ends_at' 'churned_on')
