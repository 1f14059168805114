-- Customers, one row per account and version, append-only: what changed about an account is another row under the
-- same id; of rows with the same `valid_from` the one recorded last corrects the others.
-- A CRM that keeps only the row of now gives it with `valid_from` NULL.
CREATE EXTERNAL TABLE raw.accounts (
  account_id        VARCHAR NOT NULL, -- the CRM's id
  parent_account_id VARCHAR, -- the account that this one belongs to; NULL for one of its own
  name              VARCHAR NOT NULL, -- for people; any characters
  domain            VARCHAR, -- of its mail addresses
  segment           VARCHAR NOT NULL CHECK (segment IN ('SMB', 'MM', 'ENT')), -- by size of contract
  industry          VARCHAR, -- its line of business
  region            VARCHAR, -- where it is run from
  business_model    VARCHAR, -- how it is sold to: self_serve, usage, subscription, enterprise
  lifecycle_stage   VARCHAR, -- what the CRM says; hale derives its own (`metrics.onboarding`)
  is_customer       BOOLEAN NOT NULL, -- a customer now or before; prospects are no part of any score
  is_test           BOOLEAN NOT NULL, -- our own accounts and demonstrations
  currency          VARCHAR NOT NULL, -- of its contracts, ISO 4217
  customer_since    DATE, -- first day of its first contract, where older than the contracts given
  valid_from        TIMESTAMP, -- from when this version holds, UTC; NULL where only the current row is known, which makes history approximate
  recorded_at       TIMESTAMP NOT NULL -- when this version was written down, UTC: it is known from then on
) STORED AS PARQUET
LOCATION 'accounts.parquet'
OPTIONS ('kind' 'versions', 'key' 'account_id', 'valid_from' 'valid_from', 'known_at' 'recorded_at',
         'before_first' 'approximate_if_undated')
