-- Whether use is a habit, since when there is none, and what goes wrong in it, as of each day: weeks with use among the
-- last four, how many of the month's users come on a day, days since the last use, faults met.
--
-- Habits are of people: a job that calls the product every night is no habit. The weeks are those of seven days that end
-- with the day. An event that failed is a fault that somebody met.
-- What begins with `last` is as of the last day with use, and no newer: while nobody comes, days only leave a window, and
-- a share or a mean of what is left moves though nothing happens. On a day with use it is that of the day.
--
-- How long ago that was has no bound: it is read off `metrics.account_days`, whose rows hold what was as of their day. Each
-- is the last one until the next.
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
  -- As of each day with any event: the last day with a user and what was so then, the same of calls.
  SELECT
    account_id,
    as_of_date AS first_day,
    max(CASE WHEN users > 0 THEN as_of_date END) OVER history AS user_seen_on,
    last_value(CASE WHEN users > 0 THEN active_users_28d END) IGNORE NULLS OVER history AS last_active_users,
    max(CASE WHEN api_calls > 0 THEN as_of_date END) OVER history AS called_on,
    last_value(CASE WHEN api_calls > 0 AND ready('events', 28, as_of_date) THEN CAST(api_errors_28d AS DOUBLE) / api_calls_28d END) IGNORE NULLS OVER history AS last_api_error_rate
  FROM metrics.account_days
  WINDOW history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
), lasts AS (
  SELECT *, lag(first_day) OVER (PARTITION BY account_id ORDER BY first_day DESC) AS day_after
  FROM days
), log AS (
  SELECT account_id, as_of_date, users, errors, CAST(NULL AS BIGINT) AS key_uses,
         CASE WHEN users > 0 THEN top_user_share_28d END AS top_user_share,
         CAST(NULL AS BIGINT) AS tenure_days, CAST(NULL AS BIGINT) AS same_days, CAST(NULL AS BIGINT) AS joined_days, FALSE AS on_spine
  FROM metrics.account_days
  UNION ALL
  SELECT days.account_id, days.as_of_date, NULL, NULL, days.user_uses, NULL, NULL, NULL, NULL, FALSE
  FROM metrics.key_features AS keys
  JOIN metrics.feature_days AS days ON days.feature = keys.feature
  UNION ALL
  SELECT account_id, as_of_date, NULL, NULL, NULL, NULL, tenure_days, same_days, joined_days, TRUE
  FROM metrics.spine
), rolling AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    tenure_days,
    same_days,
    joined_days,
    -- One row is a day: the sum of the daily users.
    sum(users) OVER w28 AS user_days,
    coalesce(sum(errors) OVER w28, 0) AS errors,
    last_value(top_user_share) IGNORE NULLS OVER w28 AS last_top_user_share,
    max(CASE WHEN top_user_share IS NOT NULL THEN as_of_date END) OVER w28 AS shared_on,
    coalesce(sum(users) OVER week1, 0) AS active1,
    coalesce(sum(users) OVER week2, 0) AS active2,
    coalesce(sum(users) OVER week3, 0) AS active3,
    coalesce(sum(users) OVER week4, 0) AS active4,
    coalesce(sum(key_uses) OVER week1, 0) AS key1,
    coalesce(sum(key_uses) OVER week2, 0) AS key2,
    coalesce(sum(key_uses) OVER week3, 0) AS key3,
    coalesce(sum(key_uses) OVER week4, 0) AS key4
  FROM log
  WINDOW
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
    rolling.account_id,
    rolling.as_of_date,
    rolling.tenure_days,
    rolling.joined_days,
    coalesce(rolling.joined_days >= 28, TRUE) AS is_whole,
    coalesce(rolling.joined_days >= 28, TRUE) AND ready('events', 28, rolling.as_of_date) AS is_told,
    rolling.same_days >= 28 AND ready('events', 28, rolling.as_of_date) AS is_same,
    rolling.user_days,
    rolling.errors,
    rolling.as_of_date - lasts.first_day AS days_since_active,
    rolling.as_of_date - lasts.user_seen_on AS days_since_user_seen,
    rolling.as_of_date - rolling.shared_on AS days_since_shared,
    rolling.as_of_date - lasts.called_on AS days_since_called,
    lasts.last_active_users,
    rolling.last_top_user_share,
    lasts.last_api_error_rate,
    least(active1, 1) + least(active2, 1) + least(active3, 1) + least(active4, 1) AS active_weeks,
    least(key1, 1) + least(key2, 1) + least(key3, 1) + least(key4, 1) AS key_weeks
  FROM lasts
  RIGHT JOIN rolling
    ON rolling.account_id = lasts.account_id
   AND lasts.first_day <= rolling.as_of_date
   AND (lasts.day_after IS NULL OR rolling.as_of_date < lasts.day_after)
  WHERE rolling.on_spine
)
SELECT
  counted.account_id,
  counted.as_of_date,
  CASE WHEN is_same THEN CAST(user_days AS DOUBLE) / 28 / nullif(usage.active_users_28d, 0) END AS stickiness_28d,
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
