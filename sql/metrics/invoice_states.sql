-- On which days an invoice is in which state, as it was known on each of them: one row per version and state.
--
-- `overdue` and `overdue for 30 days`: open, and its due day is over, or more than 30 days over. `disputed`: open, and the
-- customer objects. `due`: came due in the last 365 days; `on time`: and was paid by then; `paid up`: and was paid at all.
-- An invoice that was taken back is in none. `days` is the due day as days since 1970 for `overdue`, and the days from
-- due to paid, none below 0, for `paid up`.
CREATE VIEW metrics.invoice_states AS
WITH states AS (
  SELECT account_id, 'overdue' AS state, greatest(known_from, due_on + 1) AS first_day, known_until AS day_after,
         outstanding AS amount, due_on - DATE '1970-01-01' AS days
  FROM staging.invoices
  WHERE is_open
  UNION ALL
  SELECT account_id, 'overdue for 30 days', greatest(known_from, due_on + 31), known_until, outstanding, 0
  FROM staging.invoices
  WHERE is_open
  UNION ALL
  SELECT account_id, 'disputed', known_from, known_until, outstanding, 0
  FROM staging.invoices
  WHERE is_open AND is_disputed
  UNION ALL
  SELECT account_id, 'due', greatest(known_from, due_on), least(known_until, due_on + 365), amount, 0
  FROM staging.invoices
  WHERE NOT is_void
  UNION ALL
  SELECT account_id, 'on time', greatest(known_from, due_on), least(known_until, due_on + 365), amount, 0
  FROM staging.invoices
  WHERE NOT is_void AND paid_on <= due_on
  UNION ALL
  SELECT account_id, 'paid up', greatest(known_from, due_on), least(known_until, due_on + 365), amount, greatest(paid_on - due_on, 0)
  FROM staging.invoices
  WHERE NOT is_void AND paid_on IS NOT NULL
)
SELECT account_id, state, first_day, day_after, amount, days
FROM states
WHERE day_after IS NULL OR first_day < day_after
