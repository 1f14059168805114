-- All columns of metrics.usage: plain sums as windows over dense days, distinct counts and shares by change points.
WITH accounts AS (
  SELECT account_id, customer_since, churned_on
  FROM read_parquet('{data}/lives.parquet')
), twice AS MATERIALIZED (
  -- To rank 20 million rows takes DuckDB twice as long as to look for the few repeated ids first.
  SELECT event_id FROM read_parquet('{data}/events/*.parquet') GROUP BY event_id HAVING count(*) > 1
), delivered AS (
  SELECT * FROM read_parquet('{data}/events/*.parquet') WHERE event_id NOT IN (FROM twice)
  UNION ALL
  SELECT * FROM read_parquet('{data}/events/*.parquet') WHERE event_id IN (FROM twice)
  QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY available_at DESC) = 1
), log AS MATERIALIZED (
  SELECT account_id, user_id, session_id, event_name, feature, seconds, is_error, occurred_at::DATE AS d
  FROM delivered SEMI JOIN accounts USING (account_id)
  ANTI JOIN (FROM read_parquet('{data}/users.parquet') WHERE is_internal) AS helpers USING (user_id)
), days AS (
  SELECT d::DATE AS d FROM generate_series(DATE '{first}', DATE '{last}', INTERVAL '1' DAY) AS days (d)
), daily AS (
  SELECT account_id, d, count(*) AS events, sum(seconds)::BIGINT AS seconds,
         count(*) FILTER (WHERE event_name = 'login') AS logins,
         count(*) FILTER (WHERE event_name = 'api_call') AS calls,
         count(*) FILTER (WHERE event_name = 'api_call' AND is_error) AS failed,
         count(*) FILTER (WHERE event_name = 'content_view') AS views,
         count(feature) AS uses,
         CASE WHEN count(user_id) < count(*) THEN 1 END AS without_user,
         CASE WHEN count(user_id) > 0 THEN 1 END AS with_user
  FROM log GROUP BY ALL
), user_days AS MATERIALIZED (
  SELECT account_id, user_id, d, sum(seconds)::BIGINT AS seconds FROM log WHERE user_id IS NOT NULL GROUP BY ALL
), visits AS (
  SELECT account_id, d, d - lag(d) OVER w AS since_last, lead(d) OVER w - d AS until_next
  FROM user_days WINDOW w AS (PARTITION BY account_id, user_id ORDER BY d)
), today AS (
  SELECT account_id, d, count(*) AS users FROM user_days GROUP BY ALL
), users7 AS (
  SELECT account_id, d, sum(change)::BIGINT AS change FROM (
    SELECT account_id, d, 1 AS change FROM visits WHERE coalesce(since_last, 7) >= 7
    UNION ALL SELECT account_id, d + 7, -1 FROM visits WHERE coalesce(until_next, 7) >= 7) GROUP BY ALL
), users28 AS (
  SELECT account_id, d, sum(change)::BIGINT AS change FROM (
    SELECT account_id, d, 1 AS change FROM visits WHERE coalesce(since_last, 28) >= 28
    UNION ALL SELECT account_id, d + 28, -1 FROM visits WHERE coalesce(until_next, 28) >= 28) GROUP BY ALL
), feature_days AS (
  SELECT DISTINCT account_id, feature, d FROM log WHERE feature IS NOT NULL
), feature_visits AS (
  SELECT account_id, d, d - lag(d) OVER w AS since_last, lead(d) OVER w - d AS until_next
  FROM feature_days WINDOW w AS (PARTITION BY account_id, feature ORDER BY d)
), features28 AS (
  SELECT account_id, d, sum(change)::BIGINT AS change FROM (
    SELECT account_id, d, 1 AS change FROM feature_visits WHERE coalesce(since_last, 28) >= 28
    UNION ALL SELECT account_id, d + 28, -1 FROM feature_visits WHERE coalesce(until_next, 28) >= 28) GROUP BY ALL
), changes AS (
  SELECT account_id, user_id, d, sum(seconds)::BIGINT AS change FROM (
    SELECT account_id, user_id, d, seconds FROM user_days WHERE seconds > 0
    UNION ALL SELECT account_id, user_id, d + 28, -seconds FROM user_days WHERE seconds > 0) GROUP BY ALL
), steps AS (
  SELECT account_id, d, (sum(change) OVER w)::BIGINT AS total, lead(d) OVER w AS until
  FROM changes WINDOW w AS (PARTITION BY account_id, user_id ORDER BY d)
), held AS (
  SELECT account_id, unnest(range(d::TIMESTAMP, until::TIMESTAMP, INTERVAL '1' DAY))::DATE AS d, total FROM steps WHERE total > 0
), ranked AS (
  SELECT account_id, d, total, row_number() OVER (PARTITION BY account_id, d ORDER BY total) AS place FROM held
), shares AS (
  SELECT account_id, d, count(*) AS n, sum(total)::DOUBLE AS whole, max(total) AS top, list_sum(max(total, 3)) AS top3,
         sum(total::HUGEINT * total)::DOUBLE AS squares, sum(place * total)::DOUBLE AS places
  FROM ranked GROUP BY ALL
), session_days AS (
  -- Every session of the generated world ends on its day.
  SELECT account_id, d, sum(seconds)::BIGINT AS seconds, false AS is_spine FROM log
  WHERE session_id IS NOT NULL GROUP BY account_id, session_id, d
  UNION ALL SELECT account_id, d, NULL, true FROM accounts CROSS JOIN days
), medians AS (
  SELECT account_id, d, median(seconds) OVER w AS median_seconds, avg(seconds) OVER w AS mean_seconds
  FROM session_days
  WINDOW w AS (PARTITION BY account_id ORDER BY d RANGE BETWEEN INTERVAL 27 DAYS PRECEDING AND CURRENT ROW)
  QUALIFY is_spine
), grid AS (
  SELECT a.account_id, days.d, customer_since, churned_on, dy.* EXCLUDE (account_id, d),
         t.users, u7.change AS change7, u28.change AS change28, f28.change AS changef, s.* EXCLUDE (account_id, d), median_seconds, mean_seconds
  FROM accounts AS a CROSS JOIN days
  LEFT JOIN daily AS dy ON dy.account_id = a.account_id AND dy.d = days.d
  LEFT JOIN today AS t ON t.account_id = a.account_id AND t.d = days.d
  LEFT JOIN users7 AS u7 ON u7.account_id = a.account_id AND u7.d = days.d
  LEFT JOIN users28 AS u28 ON u28.account_id = a.account_id AND u28.d = days.d
  LEFT JOIN features28 AS f28 ON f28.account_id = a.account_id AND f28.d = days.d
  LEFT JOIN medians AS m ON m.account_id = a.account_id AND m.d = days.d
  LEFT JOIN shares AS s ON s.account_id = a.account_id AND s.d = days.d
), rolled AS (
  SELECT account_id, d AS as_of_date, customer_since, churned_on,
         d - customer_since + 1 AS tenure_days,
         coalesce(sum(seconds) OVER w28, 0)::BIGINT AS usage_seconds_28d,
         coalesce(sum(seconds) OVER before28, 0)::BIGINT AS usage_seconds_prev_28d,
         coalesce(sum(events) OVER w28, 0)::BIGINT AS events_28d,
         coalesce(sum(events) OVER before28, 0)::BIGINT AS events_prev_28d,
         coalesce(sum(logins) OVER w28, 0)::BIGINT AS logins_28d,
         coalesce(sum(logins) OVER w30, 0)::BIGINT AS logins_30d,
         coalesce(sum(logins) OVER w90, 0)::BIGINT AS logins_90d,
         mean_seconds AS session_seconds_mean_28d,
         median_seconds AS session_seconds_median_28d,
         coalesce(sum(calls) OVER w28, 0)::BIGINT AS api_calls_28d,
         coalesce(sum(failed) OVER w28, 0)::BIGINT AS api_errors_28d,
         coalesce(sum(views) OVER w28, 0)::BIGINT AS content_views_28d,
         count(with_user) OVER w28 AS active_days_28d,
         count(with_user) OVER w7 AS active_days_7d,
         count(without_user) OVER w28 AS integration_days_28d,
         coalesce(users, 0) AS active_users_1d,
         coalesce(sum(change7) OVER so_far, 0)::BIGINT AS active_users_7d,
         coalesce(sum(change28) OVER so_far, 0)::BIGINT AS active_users_28d,
         coalesce(sum(change28) OVER until28, 0)::BIGINT AS active_users_prev_28d,
         top / whole AS top_user_share_28d,
         top3 / whole AS top_3_users_share_28d,
         squares / (whole * whole) AS usage_hhi_28d,
         (2 * places - (n + 1) * whole) / (n * whole) AS usage_gini_28d,
         coalesce(sum(changef) OVER so_far, 0)::BIGINT AS features_28d,
         coalesce(sum(uses) OVER w28, 0)::BIGINT AS feature_uses_28d
  FROM grid
  -- One row stands for each day, so rows are days.
  WINDOW w7 AS (PARTITION BY account_id ORDER BY d ROWS BETWEEN 6 PRECEDING AND CURRENT ROW),
         w28 AS (PARTITION BY account_id ORDER BY d ROWS BETWEEN 27 PRECEDING AND CURRENT ROW),
         before28 AS (PARTITION BY account_id ORDER BY d ROWS BETWEEN 55 PRECEDING AND 28 PRECEDING),
         w30 AS (PARTITION BY account_id ORDER BY d ROWS BETWEEN 29 PRECEDING AND CURRENT ROW),
         w90 AS (PARTITION BY account_id ORDER BY d ROWS BETWEEN 89 PRECEDING AND CURRENT ROW),
         so_far AS (PARTITION BY account_id ORDER BY d ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
         until28 AS (PARTITION BY account_id ORDER BY d ROWS BETWEEN UNBOUNDED PRECEDING AND 28 PRECEDING)
)
SELECT account_id, as_of_date, usage_seconds_28d, usage_seconds_prev_28d,
       CASE WHEN tenure_days >= 56 THEN usage_seconds_28d::DOUBLE / nullif(usage_seconds_prev_28d, 0) - 1 END
         AS usage_growth_28d,
       CASE WHEN tenure_days < 56 THEN 'warm_up' WHEN usage_seconds_prev_28d > 0 THEN 'observed'
            WHEN usage_seconds_28d > 0 THEN 'from_zero' ELSE 'no_usage' END AS usage_growth_base,
       events_28d, events_prev_28d, logins_28d,
       CASE WHEN tenure_days >= 90 THEN logins_30d::DOUBLE * 3 / nullif(logins_90d, 0) END AS login_trend,
       session_seconds_mean_28d, session_seconds_median_28d, api_calls_28d,
       api_errors_28d::DOUBLE / nullif(api_calls_28d, 0) AS api_error_rate_28d,
       content_views_28d, active_days_28d, active_days_7d, integration_days_28d,
       active_days_28d::DOUBLE / 4 AS active_days_per_week_28d,
       active_users_1d, active_users_7d, active_users_28d, active_users_prev_28d,
       CASE WHEN tenure_days >= 56 THEN active_users_28d::DOUBLE / nullif(active_users_prev_28d, 0) - 1 END
         AS active_users_growth_28d,
       top_user_share_28d, top_3_users_share_28d, usage_hhi_28d, usage_gini_28d,
       features_28d,
       feature_uses_28d::DOUBLE / nullif(active_users_28d, 0) AS feature_uses_per_user_28d
FROM rolled
WHERE as_of_date >= customer_since AND as_of_date < coalesce(churned_on, DATE '9999-12-31')
