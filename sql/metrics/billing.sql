-- How an account pays, from invoices and attempts to pay; one row per account and day of the spine. Money in the
-- project's currency.
--
-- An invoice is due until the end of its due day and overdue on every later day on which it is open, as it was known that
-- day. What is unknown is not unpaid: an invoice that is not due yet is in no share, and one taken back in no count.
CREATE TABLE metrics.billing (
  account_id          VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date          DATE    NOT NULL, -- as of the end of this day
  overdue_invoices    BIGINT  CHECK (overdue_invoices >= 0), -- invoices overdue; NULL where invoices are not reported, as all up to `mean_days_late_365d`
  overdue_amount      DECIMAL(18,2) CHECK (overdue_amount >= 0), -- what is owed on them
  overdue_30d_amount  DECIMAL(18,2) CHECK (overdue_30d_amount BETWEEN 0 AND overdue_amount), -- part of it that is overdue for more than 30 days
  overdue_share_of_arr DOUBLE CHECK (overdue_share_of_arr >= 0), -- what is owed by ARR; 1 where nothing is under contract any more and something is owed
  mean_days_overdue   DOUBLE  CHECK (mean_days_overdue >= 1), -- mean days since they were due; NULL without any
  disputed_amount     DECIMAL(18,2) CHECK (disputed_amount >= 0), -- what is owed on open invoices that the customer objects to
  invoices_due_365d   BIGINT  CHECK (invoices_due_365d >= 0), -- invoices that came due in 365 days
  on_time_share_365d  DOUBLE  CHECK (on_time_share_365d BETWEEN 0 AND 1), -- part of those that was paid by its due day; NULL without any
  mean_days_late_365d DOUBLE  CHECK (mean_days_late_365d >= 0), -- mean days from due to paid of those that are paid, 0 on time; NULL without any
  paid_amount_90d     DECIMAL(18,2), -- what came in 90 days less what went back; NULL where payments are not reported, as all below
  paid_amount_365d    DECIMAL(18,2), -- the same in 365 days
  failed_payments_90d BIGINT  CHECK (failed_payments_90d >= 0), -- attempts that failed in 90 days
  chargebacks_365d    BIGINT  CHECK (chargebacks_365d >= 0), -- payments that were taken back by the bank in 365 days
  last_payment_failed BOOLEAN, -- the last day with an attempt has one that failed and none that was paid; NULL without any attempt
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH log AS (
  SELECT account_id, as_of_date, TRUE AS on_spine, CAST(NULL AS VARCHAR) AS state, CAST(NULL AS BIGINT) AS change,
         CAST(NULL AS DECIMAL(18,2)) AS amount, CAST(NULL AS BIGINT) AS days, CAST(NULL AS BOOLEAN) AS has_failed
  FROM metrics.spine
  UNION ALL
  -- Each state as a change on its first day, and as the opposite one on the day after it.
  SELECT account_id, CASE WHEN turn = 1 THEN first_day ELSE day_after END, FALSE, state, turn,
         CAST(amount * turn AS DECIMAL(18,2)), days * turn, NULL
  FROM metrics.invoice_states
  CROSS JOIN (VALUES (1), (-1)) AS turns (turn)
  WHERE turn = 1 OR day_after IS NOT NULL
  UNION ALL
  SELECT account_id, day, FALSE, status, 1, received, NULL, NULL
  FROM staging.payments
  UNION ALL
  SELECT account_id, day, FALSE, 'day of attempts', NULL, NULL, NULL, NOT bool_or(status <> 'failed')
  FROM staging.payments
  WHERE status IN ('paid', 'failed')
  GROUP BY account_id, day
), rolling AS (
  SELECT
    account_id,
    as_of_date,
    on_spine,
    coalesce(sum(change) FILTER (WHERE state = 'overdue') OVER history, 0) AS overdue_invoices,
    coalesce(sum(amount) FILTER (WHERE state = 'overdue') OVER history, 0) AS overdue_amount,
    coalesce(sum(days) FILTER (WHERE state = 'overdue') OVER history, 0) AS overdue_due_days,
    coalesce(sum(amount) FILTER (WHERE state = 'overdue for 30 days') OVER history, 0) AS overdue_30d_amount,
    coalesce(sum(amount) FILTER (WHERE state = 'disputed') OVER history, 0) AS disputed_amount,
    coalesce(sum(change) FILTER (WHERE state = 'due') OVER history, 0) AS invoices_due,
    coalesce(sum(change) FILTER (WHERE state = 'on time') OVER history, 0) AS invoices_on_time,
    coalesce(sum(change) FILTER (WHERE state = 'paid up') OVER history, 0) AS invoices_paid,
    coalesce(sum(days) FILTER (WHERE state = 'paid up') OVER history, 0) AS days_late,
    coalesce(sum(amount) FILTER (WHERE state IN ('paid', 'refunded', 'chargeback')) OVER w90, 0) AS paid_amount_90d,
    coalesce(sum(amount) FILTER (WHERE state IN ('paid', 'refunded', 'chargeback')) OVER w365, 0) AS paid_amount_365d,
    count(change) FILTER (WHERE state = 'failed') OVER w90 AS failed_payments_90d,
    count(change) FILTER (WHERE state = 'chargeback') OVER w365 AS chargebacks_365d,
    last_value(has_failed) IGNORE NULLS OVER history AS last_payment_failed
  FROM log
  WINDOW
    w90 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '89' DAY PRECEDING AND CURRENT ROW),
    w365 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '364' DAY PRECEDING AND CURRENT ROW),
    history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
  rolling.account_id,
  rolling.as_of_date,
  CASE WHEN reporting.invoices THEN overdue_invoices END AS overdue_invoices,
  CASE WHEN reporting.invoices THEN CAST(overdue_amount AS DECIMAL(18,2)) END AS overdue_amount,
  CASE WHEN reporting.invoices THEN CAST(overdue_30d_amount AS DECIMAL(18,2)) END AS overdue_30d_amount,
  CASE
    WHEN reporting.invoices AND contracts.arr > 0 THEN CAST(overdue_amount AS DOUBLE) / CAST(contracts.arr AS DOUBLE)
    WHEN reporting.invoices THEN CASE WHEN overdue_amount > 0 THEN 1 ELSE 0 END
  END AS overdue_share_of_arr,
  CASE WHEN reporting.invoices
    THEN CAST(overdue_invoices * (rolling.as_of_date - DATE '1970-01-01') - overdue_due_days AS DOUBLE) / nullif(overdue_invoices, 0) END AS mean_days_overdue,
  CASE WHEN reporting.invoices THEN CAST(disputed_amount AS DECIMAL(18,2)) END AS disputed_amount,
  CASE WHEN reporting.invoices THEN invoices_due END AS invoices_due_365d,
  CASE WHEN reporting.invoices THEN CAST(invoices_on_time AS DOUBLE) / nullif(invoices_due, 0) END AS on_time_share_365d,
  CASE WHEN reporting.invoices THEN CAST(days_late AS DOUBLE) / nullif(invoices_paid, 0) END AS mean_days_late_365d,
  CASE WHEN reporting.payments THEN CAST(paid_amount_90d AS DECIMAL(18,2)) END AS paid_amount_90d,
  CASE WHEN reporting.payments THEN CAST(paid_amount_365d AS DECIMAL(18,2)) END AS paid_amount_365d,
  CASE WHEN reporting.payments THEN failed_payments_90d END AS failed_payments_90d,
  CASE WHEN reporting.payments THEN chargebacks_365d END AS chargebacks_365d,
  CASE WHEN reporting.payments THEN last_payment_failed END AS last_payment_failed
FROM rolling
JOIN metrics.reporting ON reporting.as_of_date = rolling.as_of_date
JOIN metrics.contracts ON contracts.account_id = rolling.account_id AND contracts.as_of_date = rolling.as_of_date
WHERE on_spine
