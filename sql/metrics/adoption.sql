-- How much of what each account may use it does use, and how fast it takes to more, as of each day.
--
-- Adoption is entitled features used in 28 days by features entitled, both as of the day. A key feature is adopted when
-- it was used at least `adopted_after` times in 28 days, and counts by its weight (`metrics.key_features`), against all
-- key features of that day.
-- Velocity is features used for the first time in 90 days by month as a customer in them, the first month counted whole.
-- Over all features ever used it would fall with age for ever, though an account takes to as many each year as ever. A
-- first use is told from another one by the log before it: of who was a customer before the log is complete, what is used
-- in its first 28 days is most likely nothing new, and there is no value until the window begins after them.
--
-- What holds today is the sum of all changes of `metrics.feature_states` so far, of which a feature has a few a month: the
-- frame has no bound, for a feature stays what it became.
CREATE TABLE metrics.adoption (
  account_id               VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date               DATE NOT NULL, -- facts as of the end of this day
  features_entitled        BIGINT CHECK (features_entitled >= 0), -- features that the account may use; NULL where entitlements are not reported
  entitled_features_28d    BIGINT CHECK (entitled_features_28d BETWEEN 0 AND features_entitled), -- features that the account may use and did use in 28 days; NULL where entitlements are not reported; NULL while another account has gone on in it for less than 28 days
  feature_adoption_28d     DOUBLE CHECK (feature_adoption_28d BETWEEN 0 AND 1), -- share of the features that the account may use that it did use in 28 days; NULL where nothing is entitled; NULL while another account has gone on in it for less than 28 days
  key_features_adopted     BIGINT CHECK (key_features_adopted >= 0), -- key features used at least `adopted_after` times in 28 days; NULL where features are not reported; NULL while another account has gone on in it for less than 28 days
  key_feature_weight       BIGINT CHECK (key_feature_weight >= 0), -- weights of the key features used at least `adopted_after` times in 28 days, by `metrics.key_features`; NULL while another account has gone on in it for less than 28 days
  key_adoption             DOUBLE CHECK (key_adoption BETWEEN 0 AND 1), -- share of the weights of all key features of the day that is adopted; NULL where features are not reported, or none has any; NULL while another account has gone on in it for less than 28 days
  features_ever            BIGINT NOT NULL CHECK (features_ever >= 0), -- features used at least once in the log, which may begin later than the account
  features_new_28d         BIGINT CHECK (features_new_28d BETWEEN 0 AND features_ever), -- features used for the first time in the last 28 days; NULL where these and the 28 before do not lie in the complete log, unless all days as a customer do: what was used before the log is not new in it; NULL while another account has gone on in it for less than 28 days
  adoption_velocity        DOUBLE CHECK (adoption_velocity >= 0), -- features used for the first time in the last 90 days by 30 days as a customer, of which 30 to 90 count, so that it does not fall with age alone; NULL where these 90 and the 28 before do not lie in the complete log, unless all days as a customer do: what was used before the log is not new in it; NULL while another account has gone on in it for less than 90 days
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH flags AS (
  SELECT
    states.account_id,
    states.feature,
    states.day,
    CASE WHEN states.is_entitled THEN 1 ELSE 0 END AS entitled,
    CASE WHEN states.is_entitled AND states.uses_28d > 0 THEN 1 ELSE 0 END AS used,
    CASE WHEN keys.feature IS NOT NULL AND states.uses_28d >= $adopted_after THEN 1 ELSE 0 END AS adopted,
    coalesce(keys.weight, 0) AS weight,
    CASE WHEN states.used_today = 1 AND states.use_days = 1 THEN 1 ELSE 0 END AS is_first
  FROM metrics.key_features AS keys
  RIGHT JOIN metrics.feature_states AS states ON states.feature = keys.feature
), log AS (
  SELECT
    account_id,
    day AS as_of_date,
    entitled - lag(entitled, 1, 0) OVER by_feature AS entitled_change,
    used - lag(used, 1, 0) OVER by_feature AS used_change,
    adopted - lag(adopted, 1, 0) OVER by_feature AS adopted_change,
    (adopted - lag(adopted, 1, 0) OVER by_feature) * weight AS weight_change,
    is_first,
    FALSE AS on_spine,
    CAST(NULL AS BIGINT) AS tenure_days,
    CAST(NULL AS BIGINT) AS joined_days
  FROM flags
  WINDOW by_feature AS (PARTITION BY account_id, feature ORDER BY day)
  UNION ALL
  SELECT account_id, as_of_date, 0, 0, 0, 0, 0, TRUE, tenure_days, joined_days
  FROM metrics.spine
), states AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    tenure_days,
    coalesce(joined_days >= 28, TRUE) AS is_whole,
    coalesce(joined_days >= 90, TRUE) AS is_whole_90d,
    coalesce(sum(entitled_change) OVER history, 0) AS entitled,
    coalesce(sum(used_change) OVER history, 0) AS used,
    coalesce(sum(adopted_change) OVER history, 0) AS adopted,
    coalesce(sum(weight_change) OVER history, 0) AS weight,
    coalesce(sum(is_first) OVER history, 0) AS ever,
    coalesce(sum(is_first) OVER w28, 0) AS new_28d,
    coalesce(sum(is_first) OVER w90, 0) AS new_90d
  FROM log
  WINDOW
    w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW),
    w90 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '89' DAY PRECEDING AND CURRENT ROW),
    history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
), all_keys AS (
  SELECT days.day, sum(keys.weight) AS weight
  FROM metrics.key_features AS keys
  JOIN calendar.days
    ON days.day >= coalesce(keys.released_on, DATE '0001-01-01')
   AND days.day < coalesce(keys.retired_on, DATE '9999-12-31')
  GROUP BY days.day
)
SELECT
  states.account_id,
  states.as_of_date,
  CASE WHEN reported('entitlements', states.as_of_date) THEN states.entitled END AS features_entitled,
  CASE WHEN is_whole AND reported('entitlements', states.as_of_date) THEN states.used END AS entitled_features_28d,
  CASE WHEN is_whole AND reported('entitlements', states.as_of_date) THEN CAST(states.used AS DOUBLE) / nullif(states.entitled, 0) END AS feature_adoption_28d,
  CASE WHEN is_whole AND reported('features', states.as_of_date) THEN states.adopted END AS key_features_adopted,
  CASE WHEN is_whole THEN states.weight END AS key_feature_weight,
  CASE WHEN is_whole AND reported('features', states.as_of_date) THEN CAST(states.weight AS DOUBLE) / nullif(all_keys.weight, 0) END AS key_adoption,
  states.ever AS features_ever,
  CASE WHEN is_whole AND (ready('events', 56, states.as_of_date) OR ready('events', 1, states.as_of_date - states.tenure_days + 1))
       THEN states.new_28d END AS features_new_28d,
  CASE WHEN is_whole_90d AND (ready('events', 118, states.as_of_date) OR ready('events', 1, states.as_of_date - states.tenure_days + 1))
       THEN CAST(states.new_90d AS DOUBLE) * 30 / least(greatest(states.tenure_days, 30), 90) END AS adoption_velocity
FROM all_keys
RIGHT JOIN states ON states.as_of_date = all_keys.day
WHERE on_spine
