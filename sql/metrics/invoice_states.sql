-- On which days an invoice is in which state, as it was known on each of them: one row per version and state.
--
-- `overdue` and `overdue for 30 days`: open, and its due day is over, or more than 30 days over. `disputed`: open, and the
-- customer objects. `due`: came due in the last 365 days; `on time`: and was paid by then; `paid up`: and was paid at all.
-- An invoice that was taken back is in none. `days` is the due day as days since 1970 for `overdue`, and the days from
-- due to paid, none below 0, for `paid up`.
CREATE VIEW metrics.invoice_states AS
WITH states AS (
  SELECT
    invoices.account_id,
    names.state,
    CASE names.state
      WHEN 'overdue' THEN greatest(first_day, due_on + 1)
      WHEN 'overdue for 30 days' THEN greatest(first_day, due_on + 31)
      WHEN 'disputed' THEN first_day
      ELSE greatest(first_day, due_on)
    END AS first_day,
    CASE WHEN names.state IN ('due', 'on time', 'paid up') THEN least(day_after, due_on + 365) ELSE day_after END AS day_after,
    CASE WHEN names.state IN ('due', 'on time', 'paid up') THEN amount ELSE outstanding END AS amount,
    CASE names.state
      WHEN 'overdue' THEN due_on - DATE '1970-01-01'
      WHEN 'paid up' THEN greatest(paid_on - due_on, 0)
      ELSE 0
    END AS days
  FROM staging.invoices AS invoices
  -- Each invoice against the few names, so that versions are sorted out once.
  CROSS JOIN (
    VALUES ('overdue'), ('overdue for 30 days'), ('disputed'), ('due'), ('on time'), ('paid up')
  ) AS names (state)
  WHERE CASE names.state
    WHEN 'disputed' THEN is_open AND is_disputed
    WHEN 'due' THEN NOT is_void
    WHEN 'on time' THEN NOT is_void AND coalesce(paid_on <= due_on, FALSE)
    WHEN 'paid up' THEN NOT is_void AND paid_on IS NOT NULL
    ELSE is_open
  END
)
SELECT account_id, state, first_day, day_after, amount, days
FROM states
WHERE day_after IS NULL OR first_day < day_after
