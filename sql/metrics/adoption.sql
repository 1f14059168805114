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
-- A feature stays one that was used: which day was the first is looked for among all of `metrics.feature_days`. One that is
-- used before its release, or once it is retired, counts nowhere.
CREATE TABLE metrics.adoption (
  account_id               VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date               DATE NOT NULL, -- facts as of the end of this day
  features_entitled        BIGINT CHECK (features_entitled >= 0), -- features that the account may use; NULL where entitlements are not reported
  entitled_features_28d    BIGINT CHECK (entitled_features_28d BETWEEN 0 AND features_entitled), -- features that the account may use and did use in 28 days; NULL where entitlements are not reported; NULL while another account has gone on in it for less than 28 days
  feature_adoption_28d     DOUBLE CHECK (feature_adoption_28d BETWEEN 0 AND 1), -- share of the features that the account may use that it did use in 28 days; NULL where nothing is entitled; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  key_features_adopted     BIGINT CHECK (key_features_adopted >= 0), -- key features used at least `adopted_after` times in 28 days; NULL where features are not reported; NULL while another account has gone on in it for less than 28 days
  key_feature_weight       BIGINT CHECK (key_feature_weight >= 0), -- weights of the key features used at least `adopted_after` times in 28 days, by `metrics.key_features`; NULL while another account has gone on in it for less than 28 days
  key_adoption             DOUBLE CHECK (key_adoption BETWEEN 0 AND 1), -- share of the weights of all key features of the day that is adopted; NULL where features are not reported, or none has any; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  features_ever            BIGINT NOT NULL CHECK (features_ever >= 0), -- features used at least once in the log, which may begin later than the account
  features_new_28d         BIGINT CHECK (features_new_28d BETWEEN 0 AND features_ever), -- features used for the first time in the last 28 days; NULL where these and the 28 before do not lie in the complete log, unless all days as a customer do: what was used before the log is not new in it; NULL while another account has gone on in it for less than 28 days
  adoption_velocity        DOUBLE CHECK (adoption_velocity >= 0), -- features used for the first time in the last 90 days by 30 days as a customer, of which 30 to 90 count, so that it does not fall with age alone; NULL where these 90 and the 28 before do not lie in the complete log, unless all days as a customer do: what was used before the log is not new in it; NULL while another account has gone on in it for less than 90 days
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH entitled AS (
  -- Two rights to one feature are one.
  SELECT spine.account_id, spine.as_of_date, rights.feature
  -- The few rights come first: the engine keeps the left side in memory and lets the right one pass.
  FROM staging.entitlements AS rights
  JOIN metrics.spine
    ON spine.account_id = rights.account_id
   AND rights.first_day <= spine.as_of_date
   AND (rights.day_after IS NULL OR spine.as_of_date < rights.day_after)
  GROUP BY spine.account_id, spine.as_of_date, rights.feature
), rights AS (
  SELECT entitled.account_id, entitled.as_of_date, count(*) AS entitled, count(uses.feature) AS used
  FROM entitled
  LEFT JOIN metrics.feature_uses AS uses
    ON uses.account_id = entitled.account_id AND uses.as_of_date = entitled.as_of_date AND uses.feature = entitled.feature
  GROUP BY entitled.account_id, entitled.as_of_date
), adopted AS (
  SELECT uses.account_id, uses.as_of_date, count(*) AS adopted, sum(keys.weight) AS weight
  FROM metrics.key_features AS keys
  JOIN metrics.feature_uses AS uses ON uses.feature = keys.feature
  WHERE uses.is_adopted
  GROUP BY uses.account_id, uses.as_of_date
), firsts AS (
  SELECT days.account_id, days.feature, min(days.as_of_date) AS first_used_on
  FROM staging.features
  RIGHT JOIN metrics.feature_days AS days ON days.feature = features.feature
  WHERE days.as_of_date >= coalesce(features.released_on, days.as_of_date)
    AND days.as_of_date < coalesce(features.retired_on, DATE '9999-12-31')
  GROUP BY days.account_id, days.feature
), taken_to AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    spine.tenure_days,
    coalesce(spine.joined_days >= 28, TRUE) AS is_whole,
    coalesce(spine.joined_days >= 90, TRUE) AS is_whole_90d,
    count(firsts.feature) AS ever,
    count(firsts.feature) FILTER (WHERE spine.as_of_date - first_used_on < 28) AS new_28d,
    count(firsts.feature) FILTER (WHERE spine.as_of_date - first_used_on < 90) AS new_90d
  FROM firsts
  RIGHT JOIN metrics.spine ON spine.account_id = firsts.account_id AND firsts.first_used_on <= spine.as_of_date
  GROUP BY spine.account_id, spine.as_of_date, spine.tenure_days, spine.joined_days
), states AS (
  SELECT
    taken_to.*,
    coalesce(rights.entitled, 0) AS entitled,
    coalesce(rights.used, 0) AS used,
    coalesce(adopted.adopted, 0) AS adopted,
    coalesce(adopted.weight, 0) AS weight
  FROM taken_to
  LEFT JOIN rights ON rights.account_id = taken_to.account_id AND rights.as_of_date = taken_to.as_of_date
  LEFT JOIN adopted ON adopted.account_id = taken_to.account_id AND adopted.as_of_date = taken_to.as_of_date
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
  CASE WHEN is_whole AND ready('events', 28, states.as_of_date) AND reported('entitlements', states.as_of_date) THEN CAST(states.used AS DOUBLE) / nullif(states.entitled, 0) END AS feature_adoption_28d,
  CASE WHEN is_whole AND reported('features', states.as_of_date) THEN states.adopted END AS key_features_adopted,
  CASE WHEN is_whole THEN states.weight END AS key_feature_weight,
  CASE WHEN is_whole AND ready('events', 28, states.as_of_date) AND reported('features', states.as_of_date) THEN CAST(states.weight AS DOUBLE) / nullif(all_keys.weight, 0) END AS key_adoption,
  states.ever AS features_ever,
  CASE WHEN is_whole AND (ready('events', 56, states.as_of_date) OR ready('events', 1, states.as_of_date - states.tenure_days + 1))
       THEN states.new_28d END AS features_new_28d,
  CASE WHEN is_whole_90d AND (ready('events', 118, states.as_of_date) OR ready('events', 1, states.as_of_date - states.tenure_days + 1))
       THEN CAST(states.new_90d AS DOUBLE) * 30 / least(greatest(states.tenure_days, 30), 90) END AS adoption_velocity
FROM all_keys
RIGHT JOIN states ON states.as_of_date = all_keys.day
