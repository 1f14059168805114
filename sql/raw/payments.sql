-- Attempts to pay, one row per attempt and delivery. What became of an attempt later, such as a chargeback, is another
-- delivery of it and happened then; a refund may as well be a row of its own.
CREATE EXTERNAL TABLE raw.payments (
  payment_id   VARCHAR NOT NULL, -- the same for each delivery of an attempt
  account_id   VARCHAR NOT NULL, -- who paid
  invoice_id   VARCHAR, -- for which invoice
  attempted_at TIMESTAMP NOT NULL, -- when, UTC
  amount       DECIMAL(18,2) NOT NULL, -- how much, in the project's currency
  status       VARCHAR NOT NULL CHECK (status IN ('paid', 'failed', 'refunded', 'chargeback')), -- what became of it
  available_at TIMESTAMP NOT NULL -- when the warehouse knew, UTC
) STORED AS PARQUET
LOCATION 'payments.parquet'
OPTIONS ('kind' 'versions', 'key' 'payment_id', 'known_at' 'available_at', 'begins_at' 'attempted_at',
         'fixed' 'account_id, invoice_id, attempted_at', 'optional' 'true')
