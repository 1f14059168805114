-- Who looked after an account and when, one row per account, person and period.
CREATE EXTERNAL TABLE raw.account_owners (
  account_id VARCHAR NOT NULL, -- the account
  owner_id   VARCHAR NOT NULL, -- the person
  role       VARCHAR NOT NULL, -- csm is its owner, the customer success manager (CSM); others are kept and not used
  start_at   TIMESTAMP NOT NULL, -- when the account came to the person, UTC
  end_at     TIMESTAMP -- when it left; NULL until then
) STORED AS PARQUET
LOCATION 'account_owners.parquet'
OPTIONS ('kind' 'versions', 'key' 'account_id, role', 'valid_from' 'start_at', 'valid_to' 'end_at',
         'known_after' '0 days', 'optional' 'true')
