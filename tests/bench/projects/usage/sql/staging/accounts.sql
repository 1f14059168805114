-- Accounts.
CREATE VIEW staging.accounts AS SELECT account_id, customer_since, churned_on FROM dated.lives
