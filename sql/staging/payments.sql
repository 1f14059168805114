-- Attempts to pay, each once: of several deliveries the one that was available last counts, but never one that dates the
-- attempt later than another. `day` is the day in the project's time zone; `received` is what we got by it, below zero
-- for what went back.
CREATE VIEW staging.payments AS
SELECT
  payment_id,
  account_id,
  invoice_id,
  status,
  CASE
    WHEN status = 'paid' THEN amount
    WHEN status IN ('refunded', 'chargeback') THEN CAST(-abs(amount) AS DECIMAL(18,2))
    ELSE CAST(0 AS DECIMAL(18,2))
  END AS received,
  local_day(attempted_at) AS day
FROM raw.payments
QUALIFY row_number() OVER (
  PARTITION BY payment_id
  ORDER BY attempted_at, available_at DESC, status, amount, account_id, invoice_id
) = 1
