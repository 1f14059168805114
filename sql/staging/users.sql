-- Users of customers.
CREATE VIEW staging.users AS
SELECT user_id, account_id, role, created_on
FROM raw.users
