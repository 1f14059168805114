-- Every metric of an account on a day: the one table that components and scores read.
--
-- One subject a file, each with the rows of the spine; here they only stand side by side.
CREATE TABLE metrics.accounts (
  account_id              VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date              DATE NOT NULL, -- facts as of the end of this day
  segment                 VARCHAR NOT NULL, -- SMB, MM or ENT
  tenure_days             BIGINT NOT NULL, -- days as a customer, this one included
  usage_seconds_28d       BIGINT NOT NULL, -- seconds in the product
  usage_seconds_prev_28d  BIGINT NOT NULL, -- the same, in the 28 days before
  usage_growth_28d        DOUBLE, -- share by which usage grew on the 28 days before; NULL without a base
  usage_growth_base       VARCHAR NOT NULL, -- observed: growth is known; from_zero: usage after none; no_usage: none in either; warm_up: not a customer for 56 days yet
  events_28d              BIGINT NOT NULL, -- events
  logins_28d              BIGINT NOT NULL, -- sessions begun
  login_trend             DOUBLE, -- logins of 30 days against a third of those of 90: 1 is steady; NULL without logins in 90
  session_seconds_mean_28d DOUBLE, -- seconds in the product per login; NULL without logins
  session_seconds_median_28d DOUBLE, -- median seconds in the product of the sessions; NULL without sessions
  api_calls_28d           BIGINT NOT NULL, -- calls by integrations
  api_error_rate_28d      DOUBLE, -- share of those that failed; NULL without calls
  content_views_28d       BIGINT NOT NULL, -- documentation, academy and news read
  active_days_28d         BIGINT NOT NULL, -- days with any event
  active_days_7d          BIGINT NOT NULL, -- days with any event in the last week
  active_days_per_week_28d DOUBLE NOT NULL, -- mean active days per week of the last four
  active_users_1d         BIGINT NOT NULL, -- users seen today
  active_users_7d         BIGINT NOT NULL, -- users seen in seven days
  active_users_28d        BIGINT NOT NULL, -- users seen in 28 days
  active_users_prev_28d   BIGINT NOT NULL, -- users seen in the 28 days before those
  active_users_growth_28d DOUBLE, -- share by which active users grew; NULL without a base
  stickiness_28d          DOUBLE, -- users today per user of 28 days (DAU/MAU); NULL without users
  top_user_share_28d      DOUBLE, -- usage held by the user with most of it; NULL without usage by users
  top_3_users_share_28d   DOUBLE, -- usage held by the three users with most of it
  usage_hhi_28d           DOUBLE, -- Herfindahl-Hirschman index of usage among users: 1 when one user has it all, 1/n when n users share it alike
  usage_gini_28d          DOUBLE, -- Gini coefficient of usage among active users: 0 when alike
  features_28d            BIGINT NOT NULL, -- distinct features used
  feature_uses_per_user_28d DOUBLE, -- uses of features per active user; NULL without users
  reports_uses_28d        BIGINT NOT NULL, -- uses of reports
  automation_uses_28d     BIGINT NOT NULL, -- uses of automation
  integrations_uses_28d   BIGINT NOT NULL, -- uses of integrations
  adopts_reports          BOOLEAN NOT NULL, -- reports used at least `adopted_after` times
  adopts_automation       BOOLEAN NOT NULL, -- automation used at least so often
  adopts_integrations     BOOLEAN NOT NULL, -- integrations used at least so often
  key_feature_weight      BIGINT NOT NULL, -- weights of the adopted features that make customers stay: reports 1, automation 2, integrations 1
  csm_pulse               DOUBLE, -- how its manager thinks the account is doing, 1 to 5; NULL without a judgement that holds
  csm_pulse_age_days      BIGINT, -- days since that judgement
  csm_pulse_author        VARCHAR, -- who judged
  csm_pulse_reason        VARCHAR, -- why
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  spine.account_id,
  spine.as_of_date,
  spine.segment,
  spine.tenure_days,
  usage.* EXCLUDE (account_id, as_of_date),
  pulse.* EXCLUDE (account_id, as_of_date)
FROM metrics.spine
JOIN metrics.usage AS usage USING (account_id, as_of_date)
JOIN metrics.pulse AS pulse USING (account_id, as_of_date)
