-- One row per customer and day from the first purchase on: nearly all of them days without one.
CREATE VIEW metrics.spine AS
SELECT accounts.account_id, days.day AS as_of_date
FROM staging.accounts
JOIN calendar.days ON days.day >= accounts.first_day
