-- Rolling-window facts from the event log, one row per account and day of the spine, in one pass over the log.
--
-- Events and spine rows lie side by side in `log`; the windows run over both, and only the spine's rows come out.
-- A window of 28 days as of D is (D - 28, D]: an event exactly 28 days old is out.
CREATE VIEW metrics.activity AS
WITH log AS (
  SELECT account_id, day AS as_of_date, user_id, session_id, event_name, feature, seconds, is_error,
         FALSE AS on_spine, CAST(NULL AS BIGINT) AS same_days, CAST(NULL AS BIGINT) AS joined_days
  FROM staging.events
  UNION ALL
  SELECT account_id, as_of_date, NULL, NULL, NULL, NULL, NULL, NULL, TRUE, same_days, joined_days
  FROM metrics.spine
), rolling AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    same_days,
    joined_days,
    -- usage
    coalesce(sum(seconds) OVER w28, 0) AS usage_seconds_28d,
    coalesce(sum(seconds) OVER before28, 0) AS usage_seconds_prev_28d,
    count(event_name) OVER w28 AS events_28d,
    count(event_name) OVER before28 AS events_prev_28d,
    count(event_name) FILTER (WHERE event_name = 'login') OVER w28 AS logins_28d,
    count(event_name) FILTER (WHERE event_name = 'login') OVER w30 AS logins_30d,
    count(event_name) FILTER (WHERE event_name = 'login') OVER w90 AS logins_90d,
    -- sessions, whose events are those with a session: their mean and their median are of the same
    count(DISTINCT session_id) OVER w28 AS sessions_28d,
    coalesce(sum(seconds) FILTER (WHERE session_id IS NOT NULL) OVER w28, 0) AS session_seconds_28d,
    median_total(session_id, seconds) OVER w28 AS session_seconds_median_28d,
    count(event_name) FILTER (WHERE event_name = 'api_call') OVER w28 AS api_calls_28d,
    count(event_name) FILTER (WHERE event_name = 'api_call' AND is_error) OVER w28 AS api_errors_28d,
    count(event_name) FILTER (WHERE event_name = 'content_view') OVER w28 AS content_views_28d,
    -- days of people, and apart from them those of integrations: a job that calls every night is nobody's habit
    count(DISTINCT as_of_date) FILTER (WHERE user_id IS NOT NULL) OVER w28 AS active_days_28d,
    count(DISTINCT as_of_date) FILTER (WHERE user_id IS NOT NULL) OVER w7 AS active_days_7d,
    count(DISTINCT as_of_date) FILTER (WHERE event_name IS NOT NULL AND user_id IS NULL) OVER w28 AS integration_days_28d,
    -- breadth: whose usage it is
    count(DISTINCT user_id) OVER today AS active_users_1d,
    count(DISTINCT user_id) OVER w7 AS active_users_7d,
    count(DISTINCT user_id) OVER w28 AS active_users_28d,
    count(DISTINCT user_id) OVER before28 AS active_users_prev_28d,
    top_share(user_id, seconds, 1) OVER w28 AS top_user_share_28d,
    top_share(user_id, seconds, 3) OVER w28 AS top_3_users_share_28d,
    hhi(user_id, seconds) OVER w28 AS usage_hhi_28d,
    gini(user_id, seconds) OVER w28 AS usage_gini_28d,
    -- depth: which features
    count(DISTINCT feature) OVER w28 AS features_28d,
    count(feature) OVER w28 AS feature_uses_28d
  FROM log
  WINDOW
    today AS (PARTITION BY account_id ORDER BY as_of_date
              RANGE BETWEEN CURRENT ROW AND CURRENT ROW),
    w7 AS (PARTITION BY account_id ORDER BY as_of_date
           RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW),
    w28 AS (PARTITION BY account_id ORDER BY as_of_date
            RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW),
    before28 AS (PARTITION BY account_id ORDER BY as_of_date
                 RANGE BETWEEN INTERVAL '55' DAY PRECEDING AND INTERVAL '28' DAY PRECEDING),
    w30 AS (PARTITION BY account_id ORDER BY as_of_date
            RANGE BETWEEN INTERVAL '29' DAY PRECEDING AND CURRENT ROW),
    w90 AS (PARTITION BY account_id ORDER BY as_of_date
            RANGE BETWEEN INTERVAL '89' DAY PRECEDING AND CURRENT ROW)
)
SELECT * EXCLUDE (on_spine)
FROM rolling
WHERE on_spine
