-- Every metric of a user on a day: what scores of users read. One row per user and day on which the user is somebody to judge and
-- the account is a customer.
--
-- A user is in from the day of the invitation and on every day of use, for 90 days after the last of them, and until the
-- seat is taken back. Only use for the account counts: who goes over to another one begins there as who was invited. Who has
-- not come for 90 days is no bad user but none: metrics of breadth count that.
--
-- The same windows as those of accounts, over what this one did for the account: what a user did for another one before
-- coming over counts there. Who comes over, with a merged account or alone, begins as who is invited does: windows are whole
-- from the first day, and those of the users who were there before do not change with who comes.
CREATE TABLE metrics.users (
  account_id             VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account the user belongs to
  user_id                VARCHAR NOT NULL, -- the user
  as_of_date             DATE    NOT NULL, -- facts as of the end of this day
  segment                VARCHAR NOT NULL, -- of the account: SMB, MM or ENT
  role                   VARCHAR NOT NULL, -- owner, admin, member or viewer
  days_since_invited     BIGINT  NOT NULL CHECK (days_since_invited >= 0), -- days since the invitation
  is_activated           BOOLEAN NOT NULL, -- has signed in
  days_since_seen        BIGINT  CHECK (days_since_seen >= 0), -- days since the last event; NULL before the first
  usage_seconds_28d      BIGINT  NOT NULL CHECK (usage_seconds_28d >= 0), -- seconds in the product
  usage_seconds_prev_28d BIGINT  NOT NULL CHECK (usage_seconds_prev_28d >= 0), -- seconds in the product in the 28 days before the last 28
  usage_growth_28d       DOUBLE  CHECK (usage_growth_28d >= -1), -- share by which usage grew on the 28 days before; NULL without usage then, and for who was invited, or is in a complete log, for less than 56 days
  usage_growth_base      VARCHAR NOT NULL CHECK (usage_growth_base IN ('observed', 'from_zero', 'no_usage', 'warm_up')), -- why usage growth is known or not: observed: it is known; from_zero: usage after none; no_usage: none in either period; warm_up: invited, or in a complete log, for less than 56 days
  active_days_28d        BIGINT  NOT NULL CHECK (active_days_28d BETWEEN 0 AND 28), -- days with any event
  active_days_per_week_28d DOUBLE, -- mean active days per week of the last four; NULL until the log is complete for 28 days
  logins_28d             BIGINT  NOT NULL, -- sessions begun
  features_28d           BIGINT  NOT NULL, -- distinct features used
  feature_uses_28d       BIGINT  NOT NULL, -- uses of features
  errors_28d             BIGINT  NOT NULL, -- events that failed
  last_error_share_28d   DOUBLE  CHECK (last_error_share_28d BETWEEN 0 AND 1), -- share of uses and failures that are failures, as of the last day with either; NULL without any in 28 days, or where the log was not complete for 28 days then
  tickets_90d            BIGINT, -- tickets opened; NULL where tickets are not reported
  PRIMARY KEY (account_id, user_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH log AS (
  SELECT account_id, user_id, day AS as_of_date, event_name, feature, seconds, is_error, FALSE AS is_ticket, FALSE AS on_spine,
         CAST(NULL AS VARCHAR) AS segment, CAST(NULL AS VARCHAR) AS role,
         CAST(NULL AS DATE) AS created_on, CAST(NULL AS DATE) AS activated_on
  FROM staging.events
  WHERE user_id IS NOT NULL
  UNION ALL
  SELECT account_id, user_id, day, NULL, NULL, NULL, NULL, TRUE, FALSE, NULL, NULL, NULL, NULL
  FROM staging.tickets
  WHERE user_id IS NOT NULL AND first_day = day
  UNION ALL
  SELECT users.account_id, users.user_id, spine.as_of_date, NULL, NULL, NULL, NULL, FALSE, TRUE, spine.segment, users.role,
         users.created_on, users.activated_on
  -- The few users come first: the engine keeps the left side in memory and lets the right one pass.
  FROM staging.users
  JOIN metrics.spine
    ON spine.account_id = users.account_id
   AND users.created_on <= spine.as_of_date
   AND (users.deactivated_on IS NULL OR spine.as_of_date < users.deactivated_on)
), rolling AS (
  SELECT
    *,
    max(CASE WHEN event_name IS NOT NULL THEN as_of_date END) OVER w90 AS seen_on,
    coalesce(sum(seconds) OVER w28, 0) AS usage_seconds_28d,
    coalesce(sum(seconds) OVER before28, 0) AS usage_seconds_prev_28d,
    count(DISTINCT as_of_date) FILTER (WHERE event_name IS NOT NULL) OVER w28 AS active_days_28d,
    count(event_name) FILTER (WHERE event_name = 'login') OVER w28 AS logins_28d,
    count(DISTINCT feature) OVER w28 AS features_28d,
    count(feature) OVER w28 AS feature_uses_28d,
    count(event_name) FILTER (WHERE is_error) OVER w28 AS errors_28d,
    count(is_ticket) FILTER (WHERE is_ticket) OVER w90 AS tickets_90d
  FROM log
  WINDOW
    w28 AS (PARTITION BY account_id, user_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW),
    before28 AS (PARTITION BY account_id, user_id ORDER BY as_of_date
                 RANGE BETWEEN INTERVAL '55' DAY PRECEDING AND INTERVAL '28' DAY PRECEDING),
    w90 AS (PARTITION BY account_id, user_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '89' DAY PRECEDING AND CURRENT ROW)
), held AS (
  -- While nobody comes, days only leave the window, and a share of what is left moves though nothing happens.
  SELECT
    *,
    last_value(
      CASE WHEN (feature IS NOT NULL OR is_error) AND ready('events', 28, as_of_date) THEN CAST(errors_28d AS DOUBLE) / (feature_uses_28d + errors_28d) END
    ) IGNORE NULLS OVER w28 AS last_error_share_28d
  FROM rolling
  WINDOW w28 AS (PARTITION BY account_id, user_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW)
)
SELECT
  held.account_id,
  held.user_id,
  held.as_of_date,
  held.segment,
  held.role,
  held.as_of_date - held.created_on AS days_since_invited,
  coalesce(held.activated_on <= held.as_of_date, FALSE) AS is_activated,
  held.as_of_date - held.seen_on AS days_since_seen,
  held.usage_seconds_28d,
  held.usage_seconds_prev_28d,
  CASE WHEN held.as_of_date - held.created_on >= 55 AND ready('events', 56, held.as_of_date)
    THEN CAST(held.usage_seconds_28d AS DOUBLE) / nullif(held.usage_seconds_prev_28d, 0) - 1 END AS usage_growth_28d,
  CASE
    WHEN held.as_of_date - held.created_on < 55 OR NOT ready('events', 56, held.as_of_date) THEN 'warm_up'
    WHEN held.usage_seconds_prev_28d > 0 THEN 'observed'
    WHEN held.usage_seconds_28d > 0 THEN 'from_zero'
    ELSE 'no_usage'
  END AS usage_growth_base,
  held.active_days_28d,
  CASE WHEN ready('events', 28, held.as_of_date) THEN CAST(held.active_days_28d AS DOUBLE) / 4 END AS active_days_per_week_28d,
  held.logins_28d,
  held.features_28d,
  held.feature_uses_28d,
  held.errors_28d,
  held.last_error_share_28d,
  CASE WHEN reported('tickets', held.as_of_date) THEN held.tickets_90d END AS tickets_90d
FROM held
WHERE on_spine
  -- Invited or seen in 90 days, the latter as a user of the account.
  AND (held.as_of_date - held.created_on < 90 OR held.seen_on >= held.created_on)
