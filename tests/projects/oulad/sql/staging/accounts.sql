-- Enrolments from the day of registration on, for good: students go on clicking after the day on which they withdrew,
-- and those clicks count. Enrolments without a single click are there as well, with zeros.
CREATE VIEW staging.accounts AS
SELECT account_id, first_day
FROM dated.accounts
