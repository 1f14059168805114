-- Which features an account has bought, from when until the day after.
CREATE VIEW staging.entitlements AS
SELECT account_id, feature, first_day, day_after
FROM dated.entitlements
