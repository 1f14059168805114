-- Attempts to pay; `received` is what we got by each, below zero for what went back.
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
  day
FROM dated.payments
