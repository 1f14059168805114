-- Invoices, each version with the days on which it counts.
--
-- An invoice is open until it is paid in full or taken back, and `outstanding` is what is still owed on an open one.
CREATE VIEW staging.invoices AS
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
  first_day,
  day_after
FROM dated.invoices
