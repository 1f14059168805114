-- Customers, one row per account, as the CRM has them now.
CREATE EXTERNAL TABLE raw.accounts (
  account_id     VARCHAR NOT NULL PRIMARY KEY, -- the CRM's id
  name           VARCHAR NOT NULL,             -- for people; any characters
  segment        VARCHAR NOT NULL CHECK (segment IN ('SMB', 'MM', 'ENT')), -- by size of contract
  is_test        BOOLEAN NOT NULL,             -- our own accounts and demonstrations
  customer_since DATE    NOT NULL,             -- first day of the first contract
  churned_on     DATE                          -- first day without a contract; NULL while a customer
) STORED AS PARQUET
LOCATION 'accounts.parquet'
