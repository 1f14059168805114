-- What sets the tiers of health apart: each metric's mean in a tier beside its mean in all others, as an effect size;
-- computed when asked. A large effect of a metric that is no part of the score says what the healthy do, and may be worth
-- a component.
--
-- The effect is Cohen's d: the difference of the means by the pooled standard deviation; 0.2 is small, 0.8 large (Cohen,
-- Statistical Power Analysis, 1988). NULL where either side has fewer than two accounts, or nothing varies.
CREATE VIEW marts.drivers AS
WITH tiers AS (
  SELECT accounts.*, standings.tier
  FROM marts.standings AS standings
  JOIN metrics.accounts AS accounts
    ON accounts.account_id = standings.account_id AND accounts.as_of_date = standings.as_of_date
  WHERE standings.score IS NOT NULL
), listed AS (
  SELECT as_of_date, tier, 'usage_seconds_28d' AS metric, CAST(usage_seconds_28d AS DECIMAL(18,6)) AS value FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'active_users_28d', CAST(active_users_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'active_days_28d', CAST(active_days_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'features_28d', CAST(features_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'feature_uses_per_user_28d', CAST(feature_uses_per_user_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'feature_adoption_28d', CAST(feature_adoption_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'key_adoption', CAST(key_adoption AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'top_user_share_28d', CAST(top_user_share_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'tickets_opened_90d', CAST(tickets_opened_90d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'tickets_open', CAST(tickets_open AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'resolve_hours_median_90d', CAST(resolve_hours_median_90d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'nps_latest', CAST(nps_latest AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'csat_mean_90d', CAST(csat_mean_90d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'sentiment_mean_90d', CAST(sentiment_mean_90d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'meetings_90d', CAST(meetings_90d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'days_since_sponsor_contact', CAST(days_since_sponsor_contact AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'onboarding_depth', CAST(onboarding_depth AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'on_time_share_365d', CAST(on_time_share_365d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'content_views_28d', CAST(content_views_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, 'api_error_rate_28d', CAST(api_error_rate_28d AS DECIMAL(18,6)) FROM tiers
), sums AS (
  SELECT as_of_date, metric, tier, count(value) AS n, CAST(sum(value) AS DOUBLE) AS total, CAST(sum(value * value) AS DOUBLE) AS squares
  FROM listed
  WHERE value IS NOT NULL
  GROUP BY as_of_date, metric, tier
), of_all AS (
  SELECT as_of_date, metric, sum(n) AS n, CAST(sum(CAST(total AS DECIMAL(38,6))) AS DOUBLE) AS total, CAST(sum(CAST(squares AS DECIMAL(38,6))) AS DOUBLE) AS squares
  FROM sums
  GROUP BY as_of_date, metric
), sides AS (
  SELECT
    sums.as_of_date,
    sums.metric,
    sums.tier,
    sums.n,
    of_all.n - sums.n AS others,
    sums.total / sums.n AS mean,
    (of_all.total - sums.total) / nullif(of_all.n - sums.n, 0) AS mean_of_others,
    sums.squares - sums.total * sums.total / sums.n
      + of_all.squares - sums.squares
      - (of_all.total - sums.total) * (of_all.total - sums.total) / nullif(of_all.n - sums.n, 0) AS deviations
  FROM sums
  JOIN of_all ON of_all.as_of_date = sums.as_of_date AND of_all.metric = sums.metric
)
SELECT
  as_of_date,
  metric,
  tier,
  n AS accounts,
  mean,
  mean_of_others,
  CASE WHEN n >= 2 AND others >= 2 AND deviations > 0.000001
       THEN (mean - mean_of_others) / sqrt(deviations / (n + others - 2))
  END AS effect
FROM sides
