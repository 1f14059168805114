-- One row per customer and day from the first order on. No order was ever invoiced on a Saturday; those days have rows
-- all the same.
CREATE VIEW metrics.spine AS
SELECT accounts.account_id, days.day AS as_of_date
FROM staging.accounts
JOIN calendar.days ON days.day >= accounts.first_day
