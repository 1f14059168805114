-- From when to when each account was a customer.
CREATE EXTERNAL TABLE raw.lives (
  account_id     VARCHAR NOT NULL PRIMARY KEY,
  customer_since DATE    NOT NULL,
  churned_on     DATE
) STORED AS PARQUET
LOCATION 'lives.parquet'
