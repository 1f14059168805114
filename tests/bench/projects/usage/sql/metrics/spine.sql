-- One row per account and day on which it was a customer.
CREATE VIEW metrics.spine AS
SELECT
  accounts.account_id,
  days.day AS as_of_date,
  days.day - accounts.customer_since + 1 AS tenure_days,
  days.day - accounts.customer_since + 1 AS same_days, -- no account goes on in another
  CAST(NULL AS BIGINT) AS joined_days
FROM staging.accounts
JOIN calendar.days
  ON days.day >= accounts.customer_since
 AND days.day < coalesce(accounts.churned_on, DATE '9999-12-31')
