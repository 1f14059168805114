-- How an account pays, from invoices and attempts to pay; one row per account and day of the spine. Money in the
-- project's currency.
--
-- An invoice is due until the end of its due day and overdue on every later day on which it is open. What is unknown is
-- not unpaid: an invoice that is not due yet is in no share, and one taken back in no count. Nor is one that the customer
-- objects to late, as long as it is open and disputed: whether it is owed has still to be settled, so it stands apart in
-- `disputed_amount`; once paid it is late by its days. What went back or failed later, such as a chargeback, counts on the day it did, and not on that of the attempt. Days late are censored, not left
-- out: what is not paid is late by the days so far, so that who never pays is not on time.
CREATE TABLE metrics.billing (
  account_id          VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date          DATE    NOT NULL, -- facts as of the end of this day
  overdue_invoices    BIGINT  CHECK (overdue_invoices >= 0), -- open invoices past their due day, those that the customer objects to left out; NULL where invoices are not reported
  overdue_amount      DECIMAL(18,2) CHECK (overdue_amount >= 0), -- what is owed on open invoices past their due day, those that the customer objects to left out, which stand in `disputed_amount`; NULL where invoices are not reported
  overdue_30d_amount  DECIMAL(18,2) CHECK (overdue_30d_amount BETWEEN 0 AND overdue_amount), -- what is owed on open invoices more than 30 days past their due day, those that the customer objects to left out; NULL where invoices are not reported
  overdue_share_of_arr DOUBLE CHECK (overdue_share_of_arr >= 0), -- `overdue_amount` by ARR; 1 where nothing is under contract any more and something is overdue; NULL where invoices are not reported
  mean_days_overdue   DOUBLE  CHECK (mean_days_overdue >= 1), -- mean days since the invoices of `overdue_invoices` were due; NULL without any, or where invoices are not reported
  disputed_amount     DECIMAL(18,2) CHECK (disputed_amount >= 0), -- what is owed on open invoices that the customer objects to, past their due day or not; NULL where invoices are not reported
  invoices_due_365d   BIGINT  CHECK (invoices_due_365d >= 0), -- invoices that came due in 365 days, open ones that the customer objects to left out; NULL where invoices are not reported; NULL while another account has gone on in it for less than 365 days
  on_time_share_365d  DOUBLE  CHECK (on_time_share_365d BETWEEN 0 AND 1), -- share of the invoices of `invoices_due_365d` that were paid by their due day; NULL without any, or where invoices are not reported; NULL while another account has gone on in it for less than 365 days
  mean_days_late_365d DOUBLE  CHECK (mean_days_late_365d >= 0), -- mean days from due to paid of the invoices of `invoices_due_365d`, 0 on time; one that is not paid is late by the days so far, so that who never pays is not NULL; NULL without any, or where invoices are not reported; NULL while another account has gone on in it for less than 365 days
  paid_amount_90d     DECIMAL(18,2), -- what came in 90 days less what went back; NULL where payments are not reported; NULL while another account has gone on in it for less than 90 days
  paid_amount_365d    DECIMAL(18,2), -- what came in 365 days less what went back; NULL where payments are not reported; NULL while another account has gone on in it for less than 365 days
  failed_payments_90d BIGINT  CHECK (failed_payments_90d >= 0), -- attempts to pay that failed in 90 days; NULL where payments are not reported; NULL while another account has gone on in it for less than 90 days
  chargebacks_365d    BIGINT  CHECK (chargebacks_365d >= 0), -- payments that were taken back by the bank in 365 days; NULL where payments are not reported; NULL while another account has gone on in it for less than 365 days
  last_payment_failed BOOLEAN, -- the last day with an attempt has one that failed and none that was paid; NULL without any attempt
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH invoices AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    coalesce(spine.joined_days >= 90, TRUE) AS is_whole_90d,
    coalesce(spine.joined_days >= 365, TRUE) AS is_whole_365d,
    count(invoice_id) FILTER (WHERE (paid_on IS NULL OR spine.as_of_date < paid_on) AND NOT is_disputed AND due_on < spine.as_of_date) AS overdue_invoices,
    coalesce(sum(owed) FILTER (WHERE (paid_on IS NULL OR spine.as_of_date < paid_on) AND NOT is_disputed AND due_on < spine.as_of_date), 0) AS overdue_amount,
    coalesce(sum(owed) FILTER (WHERE (paid_on IS NULL OR spine.as_of_date < paid_on) AND NOT is_disputed AND due_on < spine.as_of_date - 30), 0) AS overdue_30d_amount,
    avg(spine.as_of_date - due_on) FILTER (WHERE (paid_on IS NULL OR spine.as_of_date < paid_on) AND NOT is_disputed AND due_on < spine.as_of_date) AS mean_days_overdue,
    coalesce(sum(owed) FILTER (WHERE (paid_on IS NULL OR spine.as_of_date < paid_on) AND is_disputed), 0) AS disputed_amount,
    count(invoice_id) FILTER (WHERE spine.as_of_date - due_on BETWEEN 0 AND 364 AND (NOT is_disputed OR paid_on <= spine.as_of_date)) AS invoices_due,
    count(invoice_id) FILTER (WHERE spine.as_of_date - due_on BETWEEN 0 AND 364 AND paid_on <= due_on) AS invoices_on_time,
    avg(greatest(least(paid_on, spine.as_of_date) - due_on, 0)) FILTER (WHERE spine.as_of_date - due_on BETWEEN 0 AND 364
      AND (NOT is_disputed OR paid_on <= spine.as_of_date)) AS mean_days_late
  -- The few invoices come first: the engine keeps the left side in memory and lets the right one pass.
  FROM staging.invoices
  RIGHT JOIN metrics.spine
    ON spine.account_id = invoices.account_id
   AND invoices.first_day <= spine.as_of_date
   AND (invoices.day_after IS NULL OR spine.as_of_date < invoices.day_after)
   AND (voided_on IS NULL OR spine.as_of_date < voided_on)
  GROUP BY spine.account_id, spine.as_of_date, spine.joined_days
), attempts AS (
  SELECT account_id, day, NOT bool_or(status <> 'failed') AS has_failed
  FROM staging.payments
  WHERE status IN ('paid', 'failed')
  GROUP BY account_id, day
), lasts AS (
  -- Of the days with an attempt the last one counts, until the next.
  SELECT account_id, has_failed, day AS first_day, lag(day) OVER (PARTITION BY account_id ORDER BY day DESC) AS day_after
  FROM attempts
), log AS (
  SELECT account_id, as_of_date, TRUE AS on_spine, CAST(NULL AS VARCHAR) AS status, CAST(NULL AS DECIMAL(18,2)) AS received
  FROM metrics.spine
  UNION ALL
  SELECT account_id, day, FALSE, status, received
  FROM staging.payments
), rolling AS (
  SELECT
    account_id,
    as_of_date,
    on_spine,
    coalesce(sum(received) OVER w90, 0) AS paid_amount_90d,
    coalesce(sum(received) OVER w365, 0) AS paid_amount_365d,
    count(status) FILTER (WHERE status = 'failed') OVER w90 AS failed_payments_90d,
    count(status) FILTER (WHERE status = 'chargeback') OVER w365 AS chargebacks_365d
  FROM log
  WINDOW
    w90 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '89' DAY PRECEDING AND CURRENT ROW),
    w365 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '364' DAY PRECEDING AND CURRENT ROW)
)
SELECT
  rolling.account_id,
  rolling.as_of_date,
  CASE WHEN reported('invoices', rolling.as_of_date) THEN overdue_invoices END AS overdue_invoices,
  CASE WHEN reported('invoices', rolling.as_of_date) THEN CAST(overdue_amount AS DECIMAL(18,2)) END AS overdue_amount,
  CASE WHEN reported('invoices', rolling.as_of_date) THEN CAST(overdue_30d_amount AS DECIMAL(18,2)) END AS overdue_30d_amount,
  CASE
    WHEN reported('invoices', rolling.as_of_date) AND contracts.arr > 0 THEN CAST(overdue_amount AS DOUBLE) / CAST(contracts.arr AS DOUBLE)
    WHEN reported('invoices', rolling.as_of_date) THEN CASE WHEN overdue_amount > 0 THEN 1 ELSE 0 END
  END AS overdue_share_of_arr,
  CASE WHEN reported('invoices', rolling.as_of_date) THEN mean_days_overdue END AS mean_days_overdue,
  CASE WHEN reported('invoices', rolling.as_of_date) THEN CAST(disputed_amount AS DECIMAL(18,2)) END AS disputed_amount,
  CASE WHEN reported('invoices', rolling.as_of_date) AND is_whole_365d THEN invoices_due END AS invoices_due_365d,
  CASE WHEN reported('invoices', rolling.as_of_date) AND is_whole_365d THEN CAST(invoices_on_time AS DOUBLE) / nullif(invoices_due, 0) END AS on_time_share_365d,
  CASE WHEN reported('invoices', rolling.as_of_date) AND is_whole_365d THEN mean_days_late END AS mean_days_late_365d,
  CASE WHEN reported('payments', rolling.as_of_date) AND is_whole_90d THEN CAST(paid_amount_90d AS DECIMAL(18,2)) END AS paid_amount_90d,
  CASE WHEN reported('payments', rolling.as_of_date) AND is_whole_365d THEN CAST(paid_amount_365d AS DECIMAL(18,2)) END AS paid_amount_365d,
  CASE WHEN reported('payments', rolling.as_of_date) AND is_whole_90d THEN failed_payments_90d END AS failed_payments_90d,
  CASE WHEN reported('payments', rolling.as_of_date) AND is_whole_365d THEN chargebacks_365d END AS chargebacks_365d,
  CASE WHEN reported('payments', rolling.as_of_date) THEN lasts.has_failed END AS last_payment_failed
-- The few attempts come first: the engine keeps the left side in memory and lets the right one pass.
FROM lasts
RIGHT JOIN rolling
  ON rolling.account_id = lasts.account_id
 AND lasts.first_day <= rolling.as_of_date
 AND (lasts.day_after IS NULL OR rolling.as_of_date < lasts.day_after)
JOIN invoices ON invoices.account_id = rolling.account_id AND invoices.as_of_date = rolling.as_of_date
JOIN metrics.contracts ON contracts.account_id = rolling.account_id AND contracts.as_of_date = rolling.as_of_date
WHERE on_spine
