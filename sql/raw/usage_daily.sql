-- Counts that come by day already: storage, campaigns, any figure of one's own. One row per account, day and metric;
-- a later delivery takes the place of an earlier one.
CREATE EXTERNAL TABLE raw.usage_daily (
  account_id   VARCHAR NOT NULL, -- the account
  day          DATE NOT NULL, -- the day, in the project's time zone
  metric       VARCHAR NOT NULL, -- which figure
  value        DECIMAL(18,4) NOT NULL, -- how much
  available_at TIMESTAMP NOT NULL -- when the warehouse knew, UTC
) STORED AS PARQUET
LOCATION 'usage_daily.parquet'
OPTIONS ('kind' 'events', 'key' 'account_id, day, metric', 'happened_at' 'day', 'known_at' 'available_at',
         'optional' 'true', 'usage' 'true')
