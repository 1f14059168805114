-- Figures that come by day, one row per account, day and metric: the delivery that was available last.
CREATE VIEW staging.usage_daily AS
SELECT account_id, day, metric, value
FROM raw.usage_daily
QUALIFY row_number() OVER (PARTITION BY account_id, day, metric ORDER BY available_at DESC, value DESC) = 1
