-- Users of customers; our own people, who help there, are none.
CREATE VIEW staging.users AS
SELECT user_id, account_id, role, created_on, activated_on, deactivated_on
FROM dated.users
WHERE NOT is_internal
