-- Whether use is a habit, since when there is none, and what goes wrong in it, as of each day: weeks with use among the
-- last four, days since the last use, faults met.
--
-- The weeks are those of seven days that end with the day. An event that failed is a fault that somebody met.
-- What begins with `last` is as of the last day with use, and no newer: while nobody comes, days only leave a window, and
-- a share or a mean of what is left moves though nothing happens. On a day with use it is that of the day.
CREATE TABLE metrics.habits (
  account_id          VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date          DATE NOT NULL, -- at the end of this day
  active_weeks_28d    BIGINT NOT NULL CHECK (active_weeks_28d BETWEEN 0 AND 4), -- weeks with any event, of the last four
  is_weekly_habit     BOOLEAN NOT NULL, -- used in each of them
  days_since_active   BIGINT CHECK (days_since_active >= 0), -- days since the last event of any kind; NULL before the first
  days_since_user_seen BIGINT CHECK (days_since_user_seen >= days_since_active), -- days since the last event of a user; NULL before the first
  last_active_users_28d BIGINT CHECK (last_active_users_28d >= 1), -- users seen in the 28 days up to that one; NULL as above
  last_top_user_share_28d DOUBLE CHECK (last_top_user_share_28d BETWEEN 0 AND 1), -- usage in those days held by the user with most of it; NULL without usage by users in 28 days
  last_api_error_rate_28d DOUBLE CHECK (last_api_error_rate_28d BETWEEN 0 AND 1), -- share of calls that failed in the 28 days up to the last call; NULL before the first
  key_feature_weeks_28d BIGINT CHECK (key_feature_weeks_28d BETWEEN 0 AND active_weeks_28d), -- weeks with use of a key feature; NULL where features are not reported
  is_key_feature_habit BOOLEAN, -- a key feature was used in each of them
  errors_28d          BIGINT NOT NULL CHECK (errors_28d >= 0), -- events that failed
  errors_per_user_28d DOUBLE CHECK (errors_per_user_28d >= 0), -- the same per active user; NULL without users
  uses_per_feature_and_user_28d DOUBLE CHECK (uses_per_feature_and_user_28d >= 0), -- uses per distinct feature and active user; NULL without either
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH days AS (
  SELECT
    events.account_id,
    events.day,
    events.user_id,
    sum(events.seconds) AS seconds,
    sum(CASE WHEN events.event_name = 'api_call' THEN 1 ELSE 0 END) AS calls,
    sum(CASE WHEN events.event_name = 'api_call' AND events.is_error THEN 1 ELSE 0 END) AS call_errors,
    sum(CASE WHEN events.is_error THEN 1 ELSE 0 END) AS errors,
    sum(CASE WHEN features.is_key THEN 1 ELSE 0 END) AS key_uses
  -- The few features come first: the engine keeps the left side in memory and lets the log pass.
  FROM staging.features
  RIGHT JOIN staging.events ON events.feature = features.feature
  GROUP BY events.account_id, events.day, events.user_id
), log AS (
  SELECT account_id, day AS as_of_date, user_id, seconds, calls, call_errors, errors, CASE WHEN key_uses > 0 THEN 1 END AS with_key, TRUE AS is_active, FALSE AS on_spine
  FROM days
  UNION ALL
  SELECT account_id, as_of_date, NULL, NULL, NULL, NULL, NULL, NULL, NULL, TRUE
  FROM metrics.spine
), weeks AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    user_id,
    calls,
    count(DISTINCT user_id) OVER w28 AS users,
    top_share(user_id, seconds, 1) OVER w28 AS top_user_share,
    sum(calls) OVER w28 AS calls_28d,
    sum(call_errors) OVER w28 AS call_errors_28d,
    max(CASE WHEN is_active THEN as_of_date END) OVER history AS active_on,
    max(CASE WHEN user_id IS NOT NULL THEN as_of_date END) OVER history AS user_seen_on,
    coalesce(sum(errors) OVER w28, 0) AS errors,
    count(is_active) OVER week1 AS active1,
    count(is_active) OVER week2 AS active2,
    count(is_active) OVER week3 AS active3,
    count(is_active) OVER week4 AS active4,
    count(with_key) OVER week1 AS key1,
    count(with_key) OVER week2 AS key2,
    count(with_key) OVER week3 AS key3,
    count(with_key) OVER week4 AS key4
  FROM log
  WINDOW
    history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
    w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW),
    week1 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW),
    week2 AS (PARTITION BY account_id ORDER BY as_of_date
              RANGE BETWEEN INTERVAL '13' DAY PRECEDING AND INTERVAL '7' DAY PRECEDING),
    week3 AS (PARTITION BY account_id ORDER BY as_of_date
              RANGE BETWEEN INTERVAL '20' DAY PRECEDING AND INTERVAL '14' DAY PRECEDING),
    week4 AS (PARTITION BY account_id ORDER BY as_of_date
              RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND INTERVAL '21' DAY PRECEDING)
), counted AS (
  SELECT
    account_id,
    as_of_date,
    errors,
    on_spine,
    as_of_date - active_on AS days_since_active,
    as_of_date - user_seen_on AS days_since_user_seen,
    last_value(CASE WHEN user_id IS NOT NULL THEN users END) IGNORE NULLS OVER history AS last_active_users,
    last_value(CASE WHEN user_id IS NOT NULL THEN top_user_share END) IGNORE NULLS OVER w28 AS last_top_user_share,
    last_value(CASE WHEN calls > 0 THEN CAST(call_errors_28d AS DOUBLE) / calls_28d END) IGNORE NULLS OVER history AS last_api_error_rate,
    least(active1, 1) + least(active2, 1) + least(active3, 1) + least(active4, 1) AS active_weeks,
    least(key1, 1) + least(key2, 1) + least(key3, 1) + least(key4, 1) AS key_weeks
  FROM weeks
  WINDOW
    history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
    w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW)
)
SELECT
  counted.account_id,
  counted.as_of_date,
  active_weeks AS active_weeks_28d,
  active_weeks = 4 AS is_weekly_habit,
  days_since_active,
  days_since_user_seen,
  last_active_users AS last_active_users_28d,
  last_top_user_share AS last_top_user_share_28d,
  last_api_error_rate AS last_api_error_rate_28d,
  CASE WHEN reporting.features THEN key_weeks END AS key_feature_weeks_28d,
  CASE WHEN reporting.features THEN key_weeks = 4 END AS is_key_feature_habit,
  errors AS errors_28d,
  CAST(errors AS DOUBLE) / nullif(usage.active_users_28d, 0) AS errors_per_user_28d,
  usage.feature_uses_per_user_28d / nullif(usage.features_28d, 0) AS uses_per_feature_and_user_28d
FROM metrics.reporting
JOIN counted ON counted.as_of_date = reporting.as_of_date
JOIN metrics.usage AS usage ON usage.account_id = counted.account_id AND usage.as_of_date = counted.as_of_date
WHERE counted.on_spine
