-- What became of contracts, one row per change.
CREATE EXTERNAL TABLE raw.contract_events (
  change_id    VARCHAR NOT NULL, -- the same for each delivery of a change
  account_id   VARCHAR NOT NULL, -- whose
  contract_id  VARCHAR NOT NULL, -- of which contract
  type         VARCHAR NOT NULL CHECK (type IN ('new', 'renewal', 'upsell', 'cross_sell', 'downsell', 'churn', 'reactivation', 'price_change', 'merge')), -- what happened; merge: it came from an account that goes on in this one, or went with this one
  delta_arr    DECIMAL(18,2) NOT NULL, -- by how much a year's worth changed, in the project's currency
  delta_seats  BIGINT NOT NULL, -- by how many seats
  effective_on DATE NOT NULL, -- from which day
  recorded_at  TIMESTAMP NOT NULL -- when it was written down, UTC; it counts from then on
) STORED AS PARQUET
LOCATION 'contract_events.parquet'
OPTIONS ('kind' 'events', 'key' 'change_id', 'happened_at' 'effective_on', 'known_at' 'recorded_at',
         'optional' 'true')
