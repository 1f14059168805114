-- Accounts that go on in another one, one row per merged account and delivery; the row written down last is true, its day
-- too. From that day on the merged account is no customer of its own: it has not churned. Its contract lines, users and
-- events are named by the survivor from then on, each in its own source; what happened before stays with it.
CREATE EXTERNAL TABLE raw.account_merges (
  account_id  VARCHAR NOT NULL, -- the account that ended
  survivor_id VARCHAR NOT NULL CHECK (survivor_id <> account_id), -- the account in which it goes on; where that is merged later, it has a row of its own
  merged_on   DATE NOT NULL, -- first day under the survivor
  recorded_at TIMESTAMP NOT NULL -- when this row was written down, UTC
) STORED AS PARQUET
LOCATION 'account_merges.parquet'
OPTIONS ('kind' 'versions', 'key' 'account_id', 'version' 'account_id', 'known_at' 'recorded_at', 'optional' 'true', 'none_where_absent' 'true')
