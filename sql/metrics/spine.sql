-- One row per account and day on which it was a customer, whether or not anything happened: the silent customer is
-- the one a score exists for. `tenure_days` counts the day itself.
CREATE VIEW metrics.spine AS
SELECT
  accounts.account_id,
  days.day AS as_of_date,
  accounts.segment,
  days.day - accounts.customer_since + 1 AS tenure_days
FROM staging.accounts
JOIN calendar.days
  ON days.day >= accounts.customer_since
 AND days.day < coalesce(accounts.churned_on, DATE '9999-12-31')
