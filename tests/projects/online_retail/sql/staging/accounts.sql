-- Customers from the day of their first line on, for good: a shop is never told that a customer left. Customers who
-- only cancelled (what they cancelled lies before the log) are customers like any other.
CREATE VIEW staging.accounts AS
SELECT account_id, first_day
FROM dated.accounts
