-- Figures that come by day, one row per account, day and metric.
CREATE VIEW staging.usage_daily AS
SELECT account_id, day, metric, value
FROM dated.usage_daily
