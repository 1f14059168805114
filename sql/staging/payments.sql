-- What became of attempts to pay, one row per attempt and day on which that changed; `received` is what we got by the
-- change, below zero for what went back.
--
-- What we have by an attempt is its amount when it is paid, nothing when it failed, and what we had less what went back
-- when it is refunded or charged back. One that begins as such is what went back of another, so less than nothing.
CREATE VIEW staging.payments AS
WITH attempts AS (
  SELECT
    payment_id,
    account_id,
    invoice_id,
    status,
    amount,
    coalesce(last_value(CASE WHEN status = 'paid' THEN amount END) IGNORE NULLS OVER so_far, CAST(0 AS DECIMAL(18,2))) AS came,
    first_day,
    greatest(first_day, local_day(attempted_at)) AS day
  FROM dated.payments
  WINDOW so_far AS (PARTITION BY payment_id ORDER BY first_day RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
), held AS (
  SELECT
    payment_id,
    account_id,
    invoice_id,
    status,
    CAST(CASE status WHEN 'paid' THEN amount WHEN 'failed' THEN 0 ELSE came - abs(amount) END AS DECIMAL(18,2)) AS held,
    first_day,
    day
  FROM attempts
)
SELECT
  payment_id,
  account_id,
  invoice_id,
  status,
  CAST(held - coalesce(lag(held) OVER (PARTITION BY payment_id ORDER BY first_day), CAST(0 AS DECIMAL(18,2))) AS DECIMAL(18,2)) AS received,
  day
FROM held
