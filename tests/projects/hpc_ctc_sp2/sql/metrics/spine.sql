-- One row per group and day from its first job on.
CREATE VIEW metrics.spine AS
SELECT accounts.account_id, days.day AS as_of_date
FROM staging.accounts
JOIN calendar.days ON days.day >= accounts.first_day
