-- The source as it is.
CREATE VIEW staging.account_days AS SELECT * FROM raw.account_days
