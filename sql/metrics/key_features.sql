-- The features that make customers stay, each with what its adoption counts: those that `raw.features` calls key.
--
-- Where nobody reports features these are the ones of the bundled sample. No other model knows a feature by its name.
CREATE VIEW metrics.key_features AS
SELECT feature, weight, released_on, retired_on
FROM staging.features
WHERE is_key
UNION ALL
SELECT feature, weight, CAST(NULL AS DATE), CAST(NULL AS DATE)
FROM (VALUES ('reports', 1), ('automation', 2), ('integrations', 1)) AS shipped (feature, weight)
WHERE NOT EXISTS (SELECT 1 FROM staging.features)
