-- Locations that the desk serves.
CREATE EXTERNAL TABLE raw.locations (
  account_id VARCHAR   NOT NULL PRIMARY KEY, -- the location
  created_at TIMESTAMP NOT NULL -- their first ticket, UTC
) STORED AS PARQUET
LOCATION 'incidents/accounts.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id', 'begins_at' 'created_at')
