-- Invoices, each version with the days on which it counts.
--
-- An invoice is open until the day on which it was paid in full or taken back; `owed` is what has not come of an open one.
CREATE VIEW staging.invoices AS
SELECT
  invoice_id,
  account_id,
  contract_id,
  issued_on,
  due_on,
  amount,
  CASE WHEN amount > amount_paid THEN CAST(amount - amount_paid AS DECIMAL(18,2)) ELSE CAST(0 AS DECIMAL(18,2)) END AS owed,
  paid_on,
  voided_on,
  is_disputed,
  first_day,
  day_after
FROM dated.invoices
