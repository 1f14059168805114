-- Which features an account has bought, one row per account, feature and period.
CREATE EXTERNAL TABLE raw.entitlements (
  account_id VARCHAR NOT NULL, -- the account
  feature    VARCHAR NOT NULL, -- what it may use
  valid_from DATE NOT NULL, -- first day
  valid_to   DATE, -- first day without; NULL while it holds
  CHECK (valid_to > valid_from)
) STORED AS PARQUET
LOCATION 'entitlements.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id, feature, valid_from', 'begins_at' 'valid_from', 'ends_at' 'valid_to',
         'optional' 'true')
