-- Groups from the day of their first job on, for good: nothing says when a group was closed.
CREATE VIEW staging.accounts AS
SELECT account_id, first_day
FROM dated.accounts
