-- What the event log says of an account on a day: how much it uses the product, who in it does, and how deeply.
--
-- Unknown is not zero: a ratio without a base is NULL, and `usage_growth_base` says why. Counts are told from the first day of
-- the complete log on, as so many since then; what half a window tells wrongly, as shares, means and on how many days of it
-- anything was done, from the first day on which the window is whole.
CREATE TABLE metrics.usage (
  account_id              VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date              DATE    NOT NULL, -- facts as of the end of this day
  usage_seconds_28d       BIGINT CHECK (usage_seconds_28d >= 0), -- seconds in the product in 28 days, by users and integrations; NULL while another account has gone on in it for less than 28 days
  usage_seconds_prev_28d  BIGINT CHECK (usage_seconds_prev_28d >= 0), -- seconds in the product in the 28 days before the last 28; NULL while another account has gone on in it for less than 56 days
  usage_growth_28d        DOUBLE  CHECK (usage_growth_28d >= -1), -- share by which seconds in the product grew on the 28 days before; NULL without usage then, and for who is a customer, unmerged, or in a complete log, for less than 56 days
  usage_growth_base       VARCHAR NOT NULL CHECK (usage_growth_base IN ('observed', 'from_zero', 'no_usage', 'warm_up')), -- why usage growth is known or not: observed: it is known; from_zero: usage after none; no_usage: none in either period; warm_up: a customer, or in a complete log, for less than 56 days
  events_28d              BIGINT, -- events of any kind in 28 days; NULL while another account has gone on in it for less than 28 days
  events_prev_28d         BIGINT, -- events of any kind in the 28 days before the last 28; NULL while another account has gone on in it for less than 56 days
  logins_28d              BIGINT, -- logins in 28 days; NULL while another account has gone on in it for less than 28 days
  login_trend             DOUBLE, -- logins of 30 days against a third of those of 90: 1 is steady; NULL without logins in 90, and for who is a customer, unmerged, or in a complete log, for less than these
  session_seconds_mean_28d DOUBLE CHECK (session_seconds_mean_28d >= 0), -- mean seconds in the product of a session, by session id, in 28 days: a log without logins has sessions too; NULL without sessions; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  session_seconds_median_28d DOUBLE CHECK (session_seconds_median_28d >= 0), -- median seconds in the product of a session, by session id, in 28 days; NULL without sessions; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  api_calls_28d           BIGINT, -- calls of the API in 28 days; NULL while another account has gone on in it for less than 28 days
  api_error_rate_28d      DOUBLE  CHECK (api_error_rate_28d BETWEEN 0 AND 1), -- share of the calls of the API in 28 days that failed; NULL without calls; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  content_views_28d       BIGINT, -- pages of documentation, academy and news read in 28 days; NULL while another account has gone on in it for less than 28 days
  active_days_28d         BIGINT CHECK (active_days_28d BETWEEN 0 AND 28), -- days of 28 on which a user did anything; what integrations do is no habit of people, see `integration_days_28d`; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  active_days_7d          BIGINT CHECK (active_days_7d BETWEEN 0 AND 7), -- days of the last seven on which a user did anything; NULL while another account has gone on in it for less than 7 days; NULL until the log is complete for 7 days
  integration_days_28d    BIGINT CHECK (integration_days_28d BETWEEN 0 AND 28), -- days of 28 with an event without a user, such as a call by an integration; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  active_days_per_week_28d DOUBLE, -- mean days per week on which a user did anything, of the last four weeks; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  active_users_1d         BIGINT  NOT NULL, -- users seen on the day
  active_users_7d         BIGINT, -- users seen in seven days; NULL while another account has gone on in it for less than 7 days
  active_users_28d        BIGINT CHECK (active_users_28d >= active_users_7d), -- users seen in 28 days; NULL while another account has gone on in it for less than 28 days
  active_users_prev_28d   BIGINT, -- users seen in the 28 days before the last 28; NULL while another account has gone on in it for less than 56 days
  active_users_growth_28d DOUBLE  CHECK (active_users_growth_28d >= -1), -- share by which users seen in 28 days grew on the 28 days before; NULL without users then, and for who is a customer, unmerged, or in a complete log, for less than 56 days
  top_user_share_28d      DOUBLE  CHECK (top_user_share_28d BETWEEN 0 AND 1), -- share of the usage by users in 28 days that the user with most of it holds; NULL without any; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  top_3_users_share_28d   DOUBLE  CHECK (top_3_users_share_28d BETWEEN 0 AND 1), -- share of the usage by users in 28 days that the three users with most of it hold; NULL without any; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  usage_hhi_28d           DOUBLE  CHECK (usage_hhi_28d BETWEEN 0 AND 1), -- Herfindahl-Hirschman index of usage among users in 28 days: 1 when one user has it all, 1/n when n users share it alike; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  usage_gini_28d          DOUBLE  CHECK (usage_gini_28d BETWEEN 0 AND 1), -- Gini coefficient of usage among active users in 28 days: 0 when alike; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  features_28d            BIGINT, -- distinct features used in 28 days; NULL while another account has gone on in it for less than 28 days
  feature_uses_per_user_28d DOUBLE, -- uses of features per user seen in 28 days; NULL without users; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH activity AS (
  SELECT
    *,
    coalesce(joined_days >= 7, TRUE) AS is_whole_7d,
    coalesce(joined_days >= 28, TRUE) AS is_whole_28d,
    coalesce(joined_days >= 56, TRUE) AS is_whole_56d,
    coalesce(joined_days >= 7, TRUE) AND ready('events', 7, as_of_date) AS is_told_7d,
    coalesce(joined_days >= 28, TRUE) AND ready('events', 28, as_of_date) AS is_told_28d
  FROM metrics.activity
)
SELECT
  account_id,
  as_of_date,
  CASE WHEN is_whole_28d THEN usage_seconds_28d END AS usage_seconds_28d,
  CASE WHEN is_whole_56d THEN usage_seconds_prev_28d END AS usage_seconds_prev_28d,
  CASE WHEN same_days >= 56 AND ready('events', 56, as_of_date) THEN CAST(usage_seconds_28d AS DOUBLE) / nullif(usage_seconds_prev_28d, 0) - 1 END AS usage_growth_28d,
  CASE
    WHEN same_days < 56 OR NOT ready('events', 56, as_of_date) THEN 'warm_up'
    WHEN usage_seconds_prev_28d > 0 THEN 'observed'
    WHEN usage_seconds_28d > 0 THEN 'from_zero'
    ELSE 'no_usage'
  END AS usage_growth_base,
  CASE WHEN is_whole_28d THEN events_28d END AS events_28d,
  CASE WHEN is_whole_56d THEN events_prev_28d END AS events_prev_28d,
  CASE WHEN is_whole_28d THEN logins_28d END AS logins_28d,
  CASE WHEN same_days >= 90 AND ready('events', 90, as_of_date) THEN CAST(logins_30d AS DOUBLE) * 3 / nullif(logins_90d, 0) END AS login_trend,
  CASE WHEN is_told_28d THEN CAST(session_seconds_28d AS DOUBLE) / nullif(sessions_28d, 0) END AS session_seconds_mean_28d,
  CASE WHEN is_told_28d THEN session_seconds_median_28d END AS session_seconds_median_28d,
  CASE WHEN is_whole_28d THEN api_calls_28d END AS api_calls_28d,
  CASE WHEN is_told_28d THEN CAST(api_errors_28d AS DOUBLE) / nullif(api_calls_28d, 0) END AS api_error_rate_28d,
  CASE WHEN is_whole_28d THEN content_views_28d END AS content_views_28d,
  CASE WHEN is_told_28d THEN active_days_28d END AS active_days_28d,
  CASE WHEN is_told_7d THEN active_days_7d END AS active_days_7d,
  CASE WHEN is_told_28d THEN integration_days_28d END AS integration_days_28d,
  CASE WHEN is_told_28d THEN CAST(active_days_28d AS DOUBLE) / 4 END AS active_days_per_week_28d,
  active_users_1d,
  CASE WHEN is_whole_7d THEN active_users_7d END AS active_users_7d,
  CASE WHEN is_whole_28d THEN active_users_28d END AS active_users_28d,
  CASE WHEN is_whole_56d THEN active_users_prev_28d END AS active_users_prev_28d,
  CASE WHEN same_days >= 56 AND ready('events', 56, as_of_date) THEN CAST(active_users_28d AS DOUBLE) / nullif(active_users_prev_28d, 0) - 1 END AS active_users_growth_28d,
  CASE WHEN is_told_28d THEN top_user_share_28d END AS top_user_share_28d,
  CASE WHEN is_told_28d THEN top_3_users_share_28d END AS top_3_users_share_28d,
  CASE WHEN is_told_28d THEN usage_hhi_28d END AS usage_hhi_28d,
  CASE WHEN is_told_28d THEN usage_gini_28d END AS usage_gini_28d,
  CASE WHEN is_whole_28d THEN features_28d END AS features_28d,
  CASE WHEN is_told_28d THEN CAST(feature_uses_28d AS DOUBLE) / nullif(active_users_28d, 0) END AS feature_uses_per_user_28d
FROM activity
