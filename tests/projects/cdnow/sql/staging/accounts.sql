-- Customers from the day of their first purchase on, for good: most of them never come back, and that is what their
-- rows say.
CREATE VIEW staging.accounts AS
SELECT account_id, first_day
FROM dated.accounts
