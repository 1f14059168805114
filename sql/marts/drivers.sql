-- What sets the tiers of the main score apart: each metric's mean in a tier beside its mean in all others, as an effect
-- size. A large effect of a metric that is no part of the score says what the healthy do, and may be worth
-- a component.
--
-- The effect is Cohen's d: the difference of the means by the pooled standard deviation; 0.2 is small, 0.8 large (Cohen,
-- Statistical Power Analysis, 1988). NULL where either side has fewer than two accounts, or nothing varies.
CREATE TABLE marts.drivers (
  as_of_date     DATE    NOT NULL, -- at the end of this day
  metric         VARCHAR NOT NULL, -- the metric
  tier_rank      BIGINT  NOT NULL CHECK (tier_rank >= 1), -- rank of the tier, 1 is the lowest
  tier           VARCHAR NOT NULL, -- the tier
  accounts       BIGINT  NOT NULL CHECK (accounts > 0), -- accounts of the tier of which the metric is known
  mean           DOUBLE  NOT NULL, -- mean of the metric among the accounts of the tier
  mean_of_others DOUBLE, -- mean of the metric among all other accounts; NULL without any
  effect         DOUBLE, -- Cohen's d of the two; NULL where it cannot be told
  PRIMARY KEY (as_of_date, metric, tier_rank)
) PARTITIONED BY (as_of_date) AS
WITH tiers AS (
  SELECT accounts.*, customers.tier, customers.tier_rank
  FROM marts.customers AS customers
  JOIN metrics.accounts AS accounts
    ON accounts.account_id = customers.account_id AND accounts.as_of_date = customers.as_of_date
  WHERE customers.score IS NOT NULL
), listed AS (
  SELECT as_of_date, tier, tier_rank, 'usage_seconds_28d' AS metric, CAST(usage_seconds_28d AS DECIMAL(18,6)) AS value FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'active_users_28d', CAST(active_users_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'active_days_28d', CAST(active_days_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'features_28d', CAST(features_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'feature_uses_per_user_28d', CAST(feature_uses_per_user_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'feature_adoption_28d', CAST(feature_adoption_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'key_adoption', CAST(key_adoption AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'top_user_share_28d', CAST(top_user_share_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'tickets_opened_90d', CAST(tickets_opened_90d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'tickets_open', CAST(tickets_open AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'resolve_hours_median_90d', CAST(resolve_hours_median_90d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'nps_latest', CAST(nps_latest AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'csat_mean_90d', CAST(csat_mean_90d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'sentiment_mean_90d', CAST(sentiment_mean_90d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'meetings_90d', CAST(meetings_90d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'days_since_sponsor_contact', CAST(days_since_sponsor_contact AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'onboarding_depth', CAST(onboarding_depth AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'on_time_share_365d', CAST(on_time_share_365d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'content_views_28d', CAST(content_views_28d AS DECIMAL(18,6)) FROM tiers
  UNION ALL
  SELECT as_of_date, tier, tier_rank, 'api_error_rate_28d', CAST(api_error_rate_28d AS DECIMAL(18,6)) FROM tiers
), sums AS (
  SELECT as_of_date, metric, tier, tier_rank, count(value) AS n, CAST(sum(value) AS DOUBLE) AS total, CAST(sum(value * value) AS DOUBLE) AS squares
  FROM listed
  WHERE value IS NOT NULL
  GROUP BY as_of_date, metric, tier, tier_rank
), of_all AS (
  SELECT as_of_date, metric, sum(n) AS n, CAST(sum(CAST(total AS DECIMAL(38,6))) AS DOUBLE) AS total, CAST(sum(CAST(squares AS DECIMAL(38,6))) AS DOUBLE) AS squares
  FROM sums
  GROUP BY as_of_date, metric
), sides AS (
  SELECT
    sums.as_of_date,
    sums.metric,
    sums.tier,
    sums.tier_rank,
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
  tier_rank,
  tier,
  n AS accounts,
  round(mean, 4) AS mean,
  round(mean_of_others, 4) AS mean_of_others,
  CASE WHEN n >= 2 AND others >= 2 AND deviations > 0.000001
       THEN round((mean - mean_of_others) / sqrt(deviations / (n + others - 2)), 4)
  END AS effect
FROM sides
