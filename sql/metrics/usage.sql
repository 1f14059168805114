-- What the event log says of an account on a day: how much it uses the product, who in it does, and how deeply.
--
-- Unknown is not zero: a ratio without a base is NULL, and `usage_growth_base` says why.
CREATE TABLE metrics.usage (
  account_id              VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date              DATE    NOT NULL, -- facts as of the end of this day
  usage_seconds_28d       BIGINT  NOT NULL CHECK (usage_seconds_28d >= 0), -- seconds in the product
  usage_seconds_prev_28d  BIGINT  NOT NULL CHECK (usage_seconds_prev_28d >= 0), -- the same, in the 28 days before
  usage_growth_28d        DOUBLE  CHECK (usage_growth_28d >= -1), -- share by which usage grew on the 28 days before; NULL without a base
  usage_growth_base       VARCHAR NOT NULL CHECK (usage_growth_base IN ('observed', 'from_zero', 'no_usage', 'warm_up')), -- observed: growth is known; from_zero: usage after none; no_usage: none in either; warm_up: not a customer for 56 days yet
  events_28d              BIGINT  NOT NULL, -- events
  events_prev_28d         BIGINT  NOT NULL, -- events in the 28 days before
  logins_28d              BIGINT  NOT NULL, -- sessions begun
  login_trend             DOUBLE, -- logins of 30 days against a third of those of 90: 1 is steady; NULL without logins in 90
  session_seconds_mean_28d DOUBLE, -- seconds in the product per login; NULL without logins
  session_seconds_median_28d DOUBLE CHECK (session_seconds_median_28d >= 0), -- median seconds in the product of the sessions; NULL without sessions
  api_calls_28d           BIGINT  NOT NULL, -- calls by integrations
  api_error_rate_28d      DOUBLE  CHECK (api_error_rate_28d BETWEEN 0 AND 1), -- share of those that failed; NULL without calls
  content_views_28d       BIGINT  NOT NULL, -- documentation, academy and news read
  active_days_28d         BIGINT  NOT NULL CHECK (active_days_28d BETWEEN 0 AND 28), -- days with any event
  active_days_7d          BIGINT  NOT NULL CHECK (active_days_7d BETWEEN 0 AND 7), -- days with any event in the last week
  active_days_per_week_28d DOUBLE NOT NULL, -- mean active days per week of the last four
  active_users_1d         BIGINT  NOT NULL, -- users seen today
  active_users_7d         BIGINT  NOT NULL, -- users seen in seven days
  active_users_28d        BIGINT  NOT NULL CHECK (active_users_28d >= active_users_7d), -- users seen in 28 days
  active_users_prev_28d   BIGINT  NOT NULL, -- users seen in the 28 days before those
  active_users_growth_28d DOUBLE  CHECK (active_users_growth_28d >= -1), -- share by which active users grew; NULL without a base
  stickiness_28d          DOUBLE  CHECK (stickiness_28d BETWEEN 0 AND 1), -- users today per user of 28 days (DAU/MAU); NULL without users
  top_user_share_28d      DOUBLE  CHECK (top_user_share_28d BETWEEN 0 AND 1), -- usage held by the user with most of it; NULL without usage by users
  top_3_users_share_28d   DOUBLE  CHECK (top_3_users_share_28d BETWEEN 0 AND 1), -- usage held by the three users with most of it
  usage_hhi_28d           DOUBLE  CHECK (usage_hhi_28d BETWEEN 0 AND 1), -- Herfindahl-Hirschman index of usage among users: 1 when one user has it all, 1/n when n users share it alike
  usage_gini_28d          DOUBLE  CHECK (usage_gini_28d BETWEEN 0 AND 1), -- Gini coefficient of usage among active users: 0 when alike
  features_28d            BIGINT  NOT NULL, -- distinct features used
  feature_uses_per_user_28d DOUBLE, -- uses of features per active user; NULL without users
  reports_uses_28d        BIGINT  NOT NULL, -- uses of reports
  automation_uses_28d     BIGINT  NOT NULL, -- uses of automation
  integrations_uses_28d   BIGINT  NOT NULL, -- uses of integrations
  adopts_reports          BOOLEAN NOT NULL, -- reports used at least `adopted_after` times
  adopts_automation       BOOLEAN NOT NULL, -- automation used at least so often
  adopts_integrations     BOOLEAN NOT NULL, -- integrations used at least so often
  key_feature_weight      BIGINT  NOT NULL CHECK (key_feature_weight BETWEEN 0 AND 4), -- weights of the adopted features that make customers stay: reports 1, automation 2, integrations 1
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  account_id,
  as_of_date,
  usage_seconds_28d,
  usage_seconds_prev_28d,
  CASE WHEN tenure_days >= 56 THEN CAST(usage_seconds_28d AS DOUBLE) / nullif(usage_seconds_prev_28d, 0) - 1 END AS usage_growth_28d,
  CASE
    WHEN tenure_days < 56 THEN 'warm_up'
    WHEN usage_seconds_prev_28d > 0 THEN 'observed'
    WHEN usage_seconds_28d > 0 THEN 'from_zero'
    ELSE 'no_usage'
  END AS usage_growth_base,
  events_28d,
  events_prev_28d,
  logins_28d,
  CAST(logins_30d AS DOUBLE) * 3 / nullif(logins_90d, 0) AS login_trend,
  CAST(usage_seconds_28d AS DOUBLE) / nullif(logins_28d, 0) AS session_seconds_mean_28d,
  session_seconds_median_28d,
  api_calls_28d,
  CAST(api_errors_28d AS DOUBLE) / nullif(api_calls_28d, 0) AS api_error_rate_28d,
  content_views_28d,
  active_days_28d,
  active_days_7d,
  CAST(active_days_28d AS DOUBLE) / 4 AS active_days_per_week_28d,
  active_users_1d,
  active_users_7d,
  active_users_28d,
  active_users_prev_28d,
  CASE WHEN tenure_days >= 56 THEN CAST(active_users_28d AS DOUBLE) / nullif(active_users_prev_28d, 0) - 1 END AS active_users_growth_28d,
  CAST(active_users_1d AS DOUBLE) / nullif(active_users_28d, 0) AS stickiness_28d,
  top_user_share_28d,
  top_3_users_share_28d,
  usage_hhi_28d,
  usage_gini_28d,
  features_28d,
  CAST(feature_uses_28d AS DOUBLE) / nullif(active_users_28d, 0) AS feature_uses_per_user_28d,
  reports_uses_28d,
  automation_uses_28d,
  integrations_uses_28d,
  reports_uses_28d >= $adopted_after AS adopts_reports,
  automation_uses_28d >= $adopted_after AS adopts_automation,
  integrations_uses_28d >= $adopted_after AS adopts_integrations,
  CASE WHEN reports_uses_28d >= $adopted_after THEN 1 ELSE 0 END
    + CASE WHEN automation_uses_28d >= $adopted_after THEN 2 ELSE 0 END
    + CASE WHEN integrations_uses_28d >= $adopted_after THEN 1 ELSE 0 END AS key_feature_weight
FROM metrics.activity
