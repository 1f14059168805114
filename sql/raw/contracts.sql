-- Contract lines, one row per line and version, append-only: a change of seats, price or dates is another row under
-- the same `line_id`; of rows with the same `valid_from` the one recorded last corrects the others.
CREATE EXTERNAL TABLE raw.contracts (
  contract_id   VARCHAR NOT NULL, -- the contract
  line_id       VARCHAR NOT NULL, -- the line in it, unique across contracts
  account_id    VARCHAR NOT NULL, -- who signed
  product_id    VARCHAR NOT NULL, -- what was bought
  plan          VARCHAR NOT NULL, -- in which edition
  quantity      BIGINT NOT NULL CHECK (quantity >= 0), -- seats; 0 for what is not sold by seat
  arr           DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- worth a year, in the currency; a discount that is a line of its own is taken off the line that it lowers
  currency      VARCHAR NOT NULL, -- ISO 4217
  fx_rate       DECIMAL(18,8) NOT NULL CHECK (fx_rate > 0), -- what one unit of it is worth in the project's currency, fixed when the line was signed
  start_date    DATE NOT NULL, -- first day in force
  end_date      DATE, -- first day no more in force; NULL for an open end
  renewal_date  DATE, -- the day on which it renews or ends; NULL for an open end
  auto_renew    BOOLEAN NOT NULL, -- renews unless somebody acts
  notice_days   BIGINT CHECK (notice_days >= 0), -- days before the end by which notice must be given, or it renews; NULL where that is not known
  status        VARCHAR NOT NULL CHECK (status IN ('active', 'cancelled')), -- cancelled: ends on its end date and does not renew
  cancel_reason VARCHAR, -- why, as the customer put it; `ended by us`, `bankruptcy` and `non-payment` are no decision of the customer's
  valid_from    TIMESTAMP, -- from when this version holds, UTC; NULL where only the current row is known, which makes history approximate
  recorded_at   TIMESTAMP NOT NULL, -- when this version was written down, UTC: it is known from then on
  CHECK (end_date IS NULL OR end_date >= start_date) -- a line that ends on the day it starts was taken back: it never was in force
) STORED AS PARQUET
LOCATION 'contracts.parquet'
OPTIONS ('kind' 'versions', 'key' 'line_id', 'valid_from' 'valid_from', 'known_at' 'recorded_at',
         'begins_at' 'start_date', 'before_first' 'approximate_if_undated')
