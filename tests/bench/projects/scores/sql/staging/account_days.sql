-- The counts of each account and day, as they are.
CREATE VIEW staging.account_days AS SELECT * EXCLUDE (day) FROM dated.account_days
