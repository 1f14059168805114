-- What a number means for an account: beside its peers of the same segment and day, and beside its own past; one row per
-- account, day and metric that has a value.
--
-- `peer_percentile` is the share of the peers that are lower, those that are alike counted half: 0.5 is the middle,
-- whichever way is better. The own baseline is the mean of the published days from 118 to 29 days before, so that the
-- last four weeks are compared with what was usual before them. `change` is how much the value differs from it, in the unit
-- of the metric. `change_on_own` is by which share of it; NULL where the baseline is below `base_floor`, under which a share says
-- nothing (of one ticket a year the next is 400 per cent), or the metric has a sign: of -0.4 to 0.4 there is no share. A
-- view, computed when asked: as a table each run of a day would have to build 118 days. The own past begins with the last
-- account that went on in it: what it was alone is no past of both.
CREATE VIEW marts.metric_context AS
WITH listed AS (
  SELECT account_id, as_of_date, joined_days, segment, 'usage_seconds_28d' AS metric, CAST(3600 AS DOUBLE) AS base_floor, CAST(usage_seconds_28d AS DOUBLE) AS value FROM metrics.accounts
  UNION ALL
  SELECT account_id, as_of_date, joined_days, segment, 'active_users_28d', CAST(1 AS DOUBLE), CAST(active_users_28d AS DOUBLE) FROM metrics.accounts
  UNION ALL
  SELECT account_id, as_of_date, joined_days, segment, 'active_days_28d', CAST(1 AS DOUBLE), CAST(active_days_28d AS DOUBLE) FROM metrics.accounts
  UNION ALL
  SELECT account_id, as_of_date, joined_days, segment, 'features_28d', CAST(1 AS DOUBLE), CAST(features_28d AS DOUBLE) FROM metrics.accounts
  UNION ALL
  SELECT account_id, as_of_date, joined_days, segment, 'seat_utilisation_28d', CAST(0.05 AS DOUBLE), seat_utilisation_28d FROM metrics.accounts
  UNION ALL
  SELECT account_id, as_of_date, joined_days, segment, 'tickets_opened_90d', CAST(1 AS DOUBLE), CAST(tickets_opened_90d AS DOUBLE) FROM metrics.accounts
  UNION ALL
  SELECT account_id, as_of_date, joined_days, segment, 'sentiment_mean_90d', CAST(NULL AS DOUBLE), sentiment_mean_90d FROM metrics.accounts
  UNION ALL
  SELECT account_id, as_of_date, joined_days, segment, 'nps_mean_365d', CAST(1 AS DOUBLE), nps_mean_365d FROM metrics.accounts
  UNION ALL
  SELECT account_id, as_of_date, joined_days, segment, 'on_time_share_365d', CAST(0.05 AS DOUBLE), on_time_share_365d FROM metrics.accounts
  UNION ALL
  SELECT account_id, as_of_date, joined_days, segment, 'arr', CAST(1 AS DOUBLE), CAST(arr AS DOUBLE) FROM metrics.accounts
), placed AS (
  SELECT
    *,
    count(*) OVER (PARTITION BY as_of_date, segment, metric) AS peers,
    rank() OVER (PARTITION BY as_of_date, segment, metric ORDER BY value) - 1 AS peers_lower,
    count(*) OVER (PARTITION BY as_of_date, segment, metric ORDER BY value) AS peers_at_most,
    CASE WHEN coalesce(joined_days > 118, TRUE) THEN count(*) OVER own ELSE 0 END AS own_days,
    -- Thousandths, so that the sum of a sliding window stays exact.
    CASE WHEN coalesce(joined_days > 118, TRUE) THEN sum(CAST(value AS DECIMAL(24,3))) OVER own END AS own_sum
  FROM listed
  WHERE value IS NOT NULL
  WINDOW own AS (PARTITION BY account_id, metric ORDER BY as_of_date
                 RANGE BETWEEN INTERVAL '118' DAY PRECEDING AND INTERVAL '29' DAY PRECEDING)
)
SELECT
  account_id,
  as_of_date,
  metric,
  round(value, 4) AS value,
  segment,
  peers,
  round(CAST(peers_lower + peers_at_most AS DOUBLE) / (2 * peers), 4) AS peer_percentile,
  own_days,
  round(CAST(own_sum AS DOUBLE) / nullif(own_days, 0), 4) AS own_baseline,
  round(value - CAST(own_sum AS DOUBLE) / nullif(own_days, 0), 4) AS change,
  CASE WHEN CAST(own_sum AS DOUBLE) >= base_floor * own_days
    THEN round(value / (CAST(own_sum AS DOUBLE) / nullif(own_days, 0)) - 1, 4)
  END AS change_on_own
FROM placed
