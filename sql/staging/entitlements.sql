-- Which features an account has bought, from when until the day after. The same period delivered twice is one.
CREATE VIEW staging.entitlements AS
SELECT account_id, feature, valid_from AS first_day, valid_to AS day_after
FROM raw.entitlements
GROUP BY account_id, feature, valid_from, valid_to
