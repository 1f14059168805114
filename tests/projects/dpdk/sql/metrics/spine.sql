-- One row per domain and day from its first event on, silent days included. A company that was merged into another
-- falls silent and stays.
CREATE VIEW metrics.spine AS
SELECT accounts.account_id, days.day AS as_of_date
FROM staging.accounts
JOIN calendar.days ON days.day >= accounts.first_day
