-- One row per enrolment and day from its registration on, before the course begins and after it ends.
CREATE VIEW metrics.spine AS
SELECT accounts.account_id, days.day AS as_of_date
FROM staging.accounts
JOIN calendar.days ON days.day >= accounts.first_day
