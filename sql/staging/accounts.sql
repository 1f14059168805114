-- Customers that are scored: our own test accounts are left out.
CREATE VIEW staging.accounts AS
SELECT account_id, name, segment, customer_since, churned_on
FROM raw.accounts
WHERE NOT is_test
