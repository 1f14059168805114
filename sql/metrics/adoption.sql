-- How much of what each account may use it does use, and how fast it takes to more, as of each day.
--
-- Adoption is entitled features used in 28 days by features entitled, both as of the day. A key feature is adopted when
-- it was used at least `adopted_after` times in 28 days, and counts by its weight against all key features of that day.
-- Velocity is features ever used by month as a customer, the first month counted whole.
CREATE TABLE metrics.adoption (
  account_id               VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date               DATE NOT NULL, -- at the end of this day
  features_entitled        BIGINT CHECK (features_entitled >= 0), -- features it may use; NULL where entitlements are not reported
  entitled_features_28d    BIGINT CHECK (entitled_features_28d BETWEEN 0 AND features_entitled), -- of those, used in 28 days
  feature_adoption_28d     DOUBLE CHECK (feature_adoption_28d BETWEEN 0 AND 1), -- share of them that is used; NULL where nothing is entitled
  key_features_adopted     BIGINT CHECK (key_features_adopted >= 0), -- key features adopted; NULL where features are not reported
  key_weight_adopted       BIGINT CHECK (key_weight_adopted >= 0), -- their weights together
  key_adoption             DOUBLE CHECK (key_adoption BETWEEN 0 AND 1), -- share of the weights of all key features; NULL where none has any
  features_ever            BIGINT NOT NULL CHECK (features_ever >= 0), -- features used at least once
  features_new_28d         BIGINT NOT NULL CHECK (features_new_28d BETWEEN 0 AND features_ever), -- of those, for the first time in 28 days
  adoption_velocity        DOUBLE NOT NULL CHECK (adoption_velocity >= 0), -- features ever used by 30 days as a customer, at least 30 of them
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH flags AS (
  SELECT
    states.account_id,
    states.feature,
    states.day,
    CASE WHEN states.is_entitled THEN 1 ELSE 0 END AS entitled,
    CASE WHEN states.is_entitled AND states.uses_28d > 0 THEN 1 ELSE 0 END AS used,
    CASE WHEN features.is_key AND states.uses_28d >= $adopted_after THEN 1 ELSE 0 END AS adopted,
    coalesce(features.weight, 0) AS weight,
    CASE WHEN states.used_today = 1 AND states.use_days = 1 THEN 1 ELSE 0 END AS is_first
  FROM staging.features
  RIGHT JOIN metrics.feature_states AS states ON states.feature = features.feature
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
    CAST(NULL AS BIGINT) AS tenure_days
  FROM flags
  WINDOW by_feature AS (PARTITION BY account_id, feature ORDER BY day)
  UNION ALL
  SELECT account_id, as_of_date, 0, 0, 0, 0, 0, TRUE, tenure_days
  FROM metrics.spine
), states AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    tenure_days,
    coalesce(sum(entitled_change) OVER history, 0) AS entitled,
    coalesce(sum(used_change) OVER history, 0) AS used,
    coalesce(sum(adopted_change) OVER history, 0) AS adopted,
    coalesce(sum(weight_change) OVER history, 0) AS weight,
    coalesce(sum(is_first) OVER history, 0) AS ever,
    coalesce(sum(is_first) OVER w28, 0) AS new_28d
  FROM log
  WINDOW
    w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW),
    history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
), key_features AS (
  SELECT days.day, sum(features.weight) AS weight
  FROM staging.features
  JOIN calendar.days
    ON days.day >= features.released_on
   AND days.day < coalesce(features.retired_on, DATE '9999-12-31')
  WHERE features.is_key
  GROUP BY days.day
)
SELECT
  states.account_id,
  states.as_of_date,
  CASE WHEN entitlements THEN states.entitled END AS features_entitled,
  CASE WHEN entitlements THEN states.used END AS entitled_features_28d,
  CASE WHEN entitlements THEN CAST(states.used AS DOUBLE) / nullif(states.entitled, 0) END AS feature_adoption_28d,
  CASE WHEN features THEN states.adopted END AS key_features_adopted,
  CASE WHEN features THEN states.weight END AS key_weight_adopted,
  CASE WHEN features THEN CAST(states.weight AS DOUBLE) / nullif(key_features.weight, 0) END AS key_adoption,
  states.ever AS features_ever,
  states.new_28d AS features_new_28d,
  CAST(states.ever AS DOUBLE) * 30 / greatest(states.tenure_days, 30) AS adoption_velocity
FROM metrics.reporting
LEFT JOIN key_features ON key_features.day = reporting.as_of_date
JOIN states ON states.as_of_date = reporting.as_of_date
WHERE on_spine
