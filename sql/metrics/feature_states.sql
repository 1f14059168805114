-- What an account made of each feature, at each change of it: uses in 28 days, whether it may use it, and on how many
-- days it ever did. Between two rows nothing changes.
--
-- A use counts until the day before it is 28 days old, or the feature is retired; one before its release counts nowhere.
-- The features that are not listed count too; they only have no weight.
--
-- On how many days a feature was ever used has no bound, so the sums have none. They run over a row per account, feature and
-- day of a change, and not over events. Those rows are no stored table: a run builds all that it looks back to from the
-- log, and what would be written is read by two models of the same run.
CREATE VIEW metrics.feature_states AS
WITH used AS (
  SELECT account_id, feature, day, count(*) AS uses
  FROM staging.events
  WHERE feature IS NOT NULL
  GROUP BY account_id, feature, day
), counted AS (
  SELECT
    used.account_id,
    used.feature,
    used.day AS first_day,
    least(used.day + 28, features.retired_on) AS day_after,
    used.uses
  FROM staging.features
  RIGHT JOIN used ON used.feature = features.feature
  WHERE used.day >= coalesce(features.released_on, used.day)
    AND used.day < coalesce(features.retired_on, DATE '9999-12-31')
), changes AS (
  -- Each stretch once where it begins and once where it ends: the log is read once for both.
  SELECT
    account_id,
    feature,
    CASE WHEN edges.sign = 1 THEN first_day ELSE day_after END AS day,
    uses * edges.sign AS uses,
    0 AS entitlements,
    greatest(edges.sign, 0) AS use_days
  FROM counted
  CROSS JOIN (VALUES (1), (-1)) AS edges (sign)
  UNION ALL
  SELECT account_id, feature, first_day, 0, 1, 0
  FROM staging.entitlements
  UNION ALL
  SELECT account_id, feature, day_after, 0, -1, 0
  FROM staging.entitlements
  WHERE day_after IS NOT NULL
), days AS (
  SELECT account_id, feature, day, sum(uses) AS uses, sum(entitlements) AS entitlements, sum(use_days) AS use_days
  FROM changes
  GROUP BY account_id, feature, day
)
SELECT
  account_id,
  feature,
  day,
  use_days AS used_today,
  sum(uses) OVER history AS uses_28d,
  sum(entitlements) OVER history > 0 AS is_entitled,
  sum(use_days) OVER history AS use_days
FROM days
WINDOW history AS (PARTITION BY account_id, feature ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
