-- Accounts.
CREATE VIEW staging.accounts AS SELECT account_id FROM dated.accounts
