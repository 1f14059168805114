-- Attempts to pay, one row per delivery of an attempt.
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
OPTIONS ('kind' 'events', 'key' 'payment_id', 'happened_at' 'attempted_at', 'known_at' 'available_at',
         'optional' 'true')
