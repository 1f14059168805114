-- Invoices, each version with the days on which it is what we know.
--
-- A version is known from the day on which it was written down until the next one of the same invoice is; `known_until` is
-- the first day no more, NULL for the newest. Of those written down on one day the last counts. An invoice is open until
-- it is paid in full or taken back, and `outstanding` is what is still owed on an open one.
CREATE VIEW staging.invoices AS
WITH versions AS (
  SELECT *, local_day(recorded_at) AS known_from
  FROM raw.invoices
  QUALIFY row_number() OVER (
    PARTITION BY invoice_id, local_day(recorded_at)
    ORDER BY recorded_at DESC, account_id, contract_id, issued_on, due_on, amount, amount_paid, paid_on, voided_on, is_disputed
  ) = 1
)
SELECT
  invoice_id,
  account_id,
  contract_id,
  issued_on,
  due_on,
  amount,
  paid_on,
  voided_on IS NOT NULL AS is_void,
  is_disputed,
  paid_on IS NULL AND voided_on IS NULL AS is_open,
  CASE WHEN paid_on IS NULL AND voided_on IS NULL AND amount > amount_paid
    THEN CAST(amount - amount_paid AS DECIMAL(18,2)) ELSE CAST(0 AS DECIMAL(18,2)) END AS outstanding,
  known_from,
  lag(known_from) OVER (PARTITION BY invoice_id ORDER BY known_from DESC) AS known_until
FROM versions
