-- What may be sold to customers, one row per opportunity and version, append-only; of rows with the same `valid_from`
-- the one recorded last corrects the others.
CREATE EXTERNAL TABLE raw.opportunities (
  opportunity_id    VARCHAR NOT NULL, -- the opportunity
  account_id        VARCHAR NOT NULL, -- to whom
  type              VARCHAR NOT NULL CHECK (type IN ('renewal', 'upsell', 'cross_sell', 'new')), -- what
  stage             VARCHAR NOT NULL, -- how far
  amount_arr        DECIMAL(18,2) NOT NULL CHECK (amount_arr >= 0), -- worth a year, in the project's currency
  probability       DOUBLE CHECK (probability BETWEEN 0 AND 1), -- how likely, as its seller sees it
  forecast_category VARCHAR, -- commit, best_case, pipeline or omitted, as its seller sees it
  created_on        DATE NOT NULL, -- the day it was seen
  expected_close_on DATE NOT NULL, -- the day it is thought to be decided
  closed_on         DATE, -- the day it was; NULL while open
  is_won            BOOLEAN, -- how; NULL while open
  valid_from        TIMESTAMP, -- from when this version holds, UTC; NULL where only the current row is known: it counts from when it was recorded
  recorded_at       TIMESTAMP NOT NULL, -- when this version was written down, UTC: it is known from then on
  CHECK ((closed_on IS NULL) = (is_won IS NULL))
) STORED AS PARQUET
LOCATION 'opportunities.parquet'
OPTIONS ('kind' 'versions', 'key' 'opportunity_id', 'valid_from' 'valid_from', 'known_at' 'recorded_at',
         'optional' 'true')
