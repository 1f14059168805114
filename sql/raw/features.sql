-- What the product can do, one row per feature.
CREATE EXTERNAL TABLE raw.features (
  feature     VARCHAR NOT NULL PRIMARY KEY, -- its name in the event log
  title       VARCHAR NOT NULL, -- for people
  is_key      BOOLEAN NOT NULL, -- customers who adopt it stay
  weight      BIGINT NOT NULL CHECK (weight >= 0), -- how much its adoption says
  released_on DATE NOT NULL, -- first day it could be used
  retired_on  DATE -- first day it could not; NULL while it can
) STORED AS PARQUET
LOCATION 'features.parquet'
OPTIONS ('kind' 'current', 'key' 'feature', 'begins_at' 'released_on', 'ends_at' 'retired_on',
         'optional' 'true')
