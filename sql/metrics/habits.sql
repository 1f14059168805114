-- Whether use is a habit, since when there is none, and what goes wrong in it, as of each day: weeks with use among the
-- last four, how many of the month's users come on a day, days since the last use, faults met.
--
-- Habits are of people: a job that calls the product every night is no habit. The weeks are those of seven days that end
-- with the day. An event that failed is a fault that somebody met.
-- What begins with `last` is as of the last day with use, and no newer: while nobody comes, days only leave a window, and
-- a share or a mean of what is left moves though nothing happens. On a day with use it is that of the day.
--
-- How long ago that was has no bound, so two frames have none. They run over a row per account, user and day, and not over
-- events. Those rows are no stored table: a run builds all that it looks back to from the log, and would write them only
-- to read them once.
CREATE TABLE metrics.habits (
  account_id          VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date          DATE NOT NULL, -- facts as of the end of this day
  stickiness_28d      DOUBLE CHECK (stickiness_28d BETWEEN 0 AND 1), -- mean daily users by monthly users (DAU/MAU), both of 28 days: the mean is of all days, since one day alone falls with each weekend; NULL without users, or before 28 days as a customer, unmerged, in a complete log
  active_weeks_28d    BIGINT CHECK (active_weeks_28d BETWEEN 0 AND 4), -- weeks of the last four in which a user did anything; calls by integrations are no habit; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  is_weekly_habit     BOOLEAN, -- a user did something in each of the last four weeks; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  days_since_active   BIGINT CHECK (days_since_active >= 0), -- days since the last event of any kind, by users or integrations; NULL before the first
  days_since_user_seen BIGINT CHECK (days_since_user_seen >= days_since_active), -- days since the last event of a user; NULL before the first
  days_without_users  BIGINT NOT NULL CHECK (days_without_users >= 0), -- days as a customer without an event of a user, counted from the last one, or from the first day before the first; 0 on a day with one; under its own name, and so known whoever went on in it
  last_active_users_28d BIGINT CHECK (last_active_users_28d >= 1), -- users seen in the 28 days up to the last day with a user; NULL before the first; NULL where another account went on in it within those 28 days
  last_top_user_share_28d DOUBLE CHECK (last_top_user_share_28d BETWEEN 0 AND 1), -- share of the usage by users that the user with most of it held, in the 28 days up to the last day with a user; NULL without usage by users in 28 days; NULL where another account went on in it within those 28 days; NULL where the log was not complete for 28 days then
  last_api_error_rate_28d DOUBLE CHECK (last_api_error_rate_28d BETWEEN 0 AND 1), -- share of the calls of the API that failed, in the 28 days up to the last call; NULL before the first; NULL where another account went on in it within those 28 days; NULL where the log was not complete for 28 days then
  key_feature_weeks_28d BIGINT CHECK (key_feature_weeks_28d BETWEEN 0 AND active_weeks_28d), -- weeks of the last four in which a user used a key feature; NULL where features are not reported; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  is_key_feature_habit BOOLEAN, -- a user used a key feature in each of the last four weeks; NULL where features are not reported; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  errors_28d          BIGINT CHECK (errors_28d >= 0), -- events that failed in 28 days; NULL while another account has gone on in it for less than 28 days
  errors_per_user_28d DOUBLE CHECK (errors_per_user_28d >= 0), -- events that failed per user seen in 28 days; NULL without users; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  uses_per_feature_and_user_28d DOUBLE CHECK (uses_per_feature_and_user_28d >= 0), -- uses of features in 28 days by distinct features and users seen; NULL without either; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
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
    sum(CASE WHEN keys.feature IS NOT NULL THEN 1 ELSE 0 END) AS key_uses
  -- The few features come first: the engine keeps the left side in memory and lets the log pass.
  FROM metrics.key_features AS keys
  RIGHT JOIN staging.events ON events.feature = keys.feature
  GROUP BY events.account_id, events.day, events.user_id
), log AS (
  SELECT account_id, day AS as_of_date, user_id, seconds, calls, call_errors, errors,
         CASE WHEN key_uses > 0 AND user_id IS NOT NULL THEN 1 END AS with_key, TRUE AS is_active,
         CAST(NULL AS BIGINT) AS tenure_days, CAST(NULL AS BIGINT) AS same_days, CAST(NULL AS BIGINT) AS joined_days, FALSE AS on_spine
  FROM days
  UNION ALL
  SELECT account_id, as_of_date, NULL, NULL, NULL, NULL, NULL, NULL, NULL, tenure_days, same_days, joined_days, TRUE
  FROM metrics.spine
), weeks AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    tenure_days,
    same_days,
    joined_days,
    user_id,
    calls,
    count(DISTINCT user_id) OVER w28 AS users,
    -- One row is a user on a day: their number is the sum of the daily users.
    count(user_id) OVER w28 AS user_days,
    top_share(user_id, seconds, 1) OVER w28 AS top_user_share,
    sum(calls) OVER w28 AS calls_28d,
    sum(call_errors) OVER w28 AS call_errors_28d,
    max(CASE WHEN is_active THEN as_of_date END) OVER history AS active_on,
    max(CASE WHEN user_id IS NOT NULL THEN as_of_date END) OVER history AS user_seen_on,
    coalesce(sum(errors) OVER w28, 0) AS errors,
    count(user_id) OVER week1 AS active1,
    count(user_id) OVER week2 AS active2,
    count(user_id) OVER week3 AS active3,
    count(user_id) OVER week4 AS active4,
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
    tenure_days,
    joined_days,
    coalesce(joined_days >= 28, TRUE) AS is_whole,
    coalesce(joined_days >= 28, TRUE) AND ready('events', 28, as_of_date) AS is_told,
    errors,
    on_spine,
    CASE WHEN same_days >= 28 AND ready('events', 28, as_of_date) THEN CAST(user_days AS DOUBLE) / 28 / nullif(users, 0) END AS stickiness,
    as_of_date - active_on AS days_since_active,
    as_of_date - user_seen_on AS days_since_user_seen,
    last_value(CASE WHEN user_id IS NOT NULL THEN users END) IGNORE NULLS OVER history AS last_active_users,
    last_value(CASE WHEN user_id IS NOT NULL AND ready('events', 28, as_of_date) THEN top_user_share END) IGNORE NULLS OVER w28 AS last_top_user_share,
    as_of_date - max(CASE WHEN user_id IS NOT NULL AND top_user_share IS NOT NULL THEN as_of_date END) OVER w28 AS days_since_shared,
    as_of_date - max(CASE WHEN calls > 0 THEN as_of_date END) OVER history AS days_since_called,
    last_value(CASE WHEN calls > 0 AND ready('events', 28, as_of_date) THEN CAST(call_errors_28d AS DOUBLE) / calls_28d END) IGNORE NULLS OVER history AS last_api_error_rate,
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
  stickiness AS stickiness_28d,
  CASE WHEN is_told THEN active_weeks END AS active_weeks_28d,
  CASE WHEN is_told THEN active_weeks = 4 END AS is_weekly_habit,
  days_since_active,
  days_since_user_seen,
  least(days_since_user_seen, tenure_days) AS days_without_users,
  -- The 28 days up to then end before the other account came, or begin with it.
  CASE WHEN coalesce(joined_days - days_since_user_seen NOT BETWEEN 1 AND 27, TRUE) THEN last_active_users END AS last_active_users_28d,
  CASE WHEN coalesce(joined_days - days_since_shared NOT BETWEEN 1 AND 27, TRUE) THEN last_top_user_share END AS last_top_user_share_28d,
  CASE WHEN coalesce(joined_days - days_since_called NOT BETWEEN 1 AND 27, TRUE) THEN last_api_error_rate END AS last_api_error_rate_28d,
  CASE WHEN is_told AND reported('features', counted.as_of_date) THEN key_weeks END AS key_feature_weeks_28d,
  CASE WHEN is_told AND reported('features', counted.as_of_date) THEN key_weeks = 4 END AS is_key_feature_habit,
  CASE WHEN is_whole THEN errors END AS errors_28d,
  CASE WHEN is_told THEN CAST(errors AS DOUBLE) / nullif(usage.active_users_28d, 0) END AS errors_per_user_28d,
  CASE WHEN is_told THEN usage.feature_uses_per_user_28d / nullif(usage.features_28d, 0) END AS uses_per_feature_and_user_28d
FROM counted
JOIN metrics.usage AS usage ON usage.account_id = counted.account_id AND usage.as_of_date = counted.as_of_date
WHERE counted.on_spine
