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
  feature_adoption_28d     DOUBLE CHECK (feature_adoption_28d BETWEEN 0 AND 1), -- share of the features that the account may use that it did use in 28 days; NULL where nothing is entitled; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  key_features_adopted     BIGINT CHECK (key_features_adopted >= 0), -- key features used at least `adopted_after` times in 28 days; NULL where features are not reported; NULL while another account has gone on in it for less than 28 days
  key_feature_weight       BIGINT CHECK (key_feature_weight >= 0), -- weights of the key features used at least `adopted_after` times in 28 days, by `metrics.key_features`; NULL while another account has gone on in it for less than 28 days
  key_adoption             DOUBLE CHECK (key_adoption BETWEEN 0 AND 1), -- share of the weights of all key features of the day that is adopted; NULL where features are not reported, or none has any; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  features_ever            BIGINT NOT NULL CHECK (features_ever >= 0), -- features used at least once in the log, which may begin later than the account
  features_new_28d         BIGINT CHECK (features_new_28d BETWEEN 0 AND features_ever), -- features used for the first time in the last 28 days; NULL where these and the 28 before do not lie in the complete log, unless all days as a customer do: what was used before the log is not new in it; NULL while another account has gone on in it for less than 28 days
  adoption_velocity        DOUBLE CHECK (adoption_velocity >= 0), -- features used for the first time in the last 90 days by 30 days as a customer, of which 30 to 90 count, so that it does not fall with age alone; NULL where these 90 and the 28 before do not lie in the complete log, unless all days as a customer do: what was used before the log is not new in it; NULL while another account has gone on in it for less than 90 days
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH stretches AS (
  SELECT
    account_id,
    feature,
    day AS first_day,
    lag(day) OVER (PARTITION BY account_id, feature ORDER BY day DESC) AS day_after,
    is_entitled,
    uses_28d
  FROM metrics.feature_states
), spans AS (
  SELECT
    stretches.account_id,
    stretches.first_day,
    stretches.day_after,
    stretches.is_entitled,
    stretches.uses_28d > 0 AS is_used,
    keys.feature IS NOT NULL AND stretches.uses_28d >= $adopted_after AS is_adopted,
    keys.weight
  FROM metrics.key_features AS keys
  RIGHT JOIN stretches ON stretches.feature = keys.feature
), states AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    spine.tenure_days,
    coalesce(spine.joined_days >= 28, TRUE) AS is_whole,
    coalesce(spine.joined_days >= 90, TRUE) AS is_whole_90d,
    count(is_entitled) FILTER (WHERE is_entitled) AS entitled,
    count(is_used) FILTER (WHERE is_entitled AND is_used) AS used,
    count(is_adopted) FILTER (WHERE is_adopted) AS adopted,
    coalesce(sum(weight) FILTER (WHERE is_adopted), 0) AS weight
  -- The few features come first: the engine keeps the left side in memory and lets the right one pass.
  FROM spans
  RIGHT JOIN metrics.spine
    ON spine.account_id = spans.account_id
   AND spans.first_day <= spine.as_of_date
   AND (spans.day_after IS NULL OR spine.as_of_date < spans.day_after)
  GROUP BY spine.account_id, spine.as_of_date, spine.tenure_days, spine.joined_days
), log AS (
  SELECT account_id, day AS as_of_date, CASE WHEN used_today = 1 AND use_days = 1 THEN 1 ELSE 0 END AS is_first, FALSE AS on_spine
  FROM metrics.feature_states
  UNION ALL
  SELECT account_id, as_of_date, 0, TRUE
  FROM metrics.spine
), firsts AS (
  -- A first use is a fact of its day: what was ever used is the number of them.
  SELECT
    on_spine,
    account_id,
    as_of_date,
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
  CASE WHEN is_whole AND ready('events', 28, states.as_of_date) AND reported('entitlements', states.as_of_date) THEN CAST(states.used AS DOUBLE) / nullif(states.entitled, 0) END AS feature_adoption_28d,
  CASE WHEN is_whole AND reported('features', states.as_of_date) THEN states.adopted END AS key_features_adopted,
  CASE WHEN is_whole THEN states.weight END AS key_feature_weight,
  CASE WHEN is_whole AND ready('events', 28, states.as_of_date) AND reported('features', states.as_of_date) THEN CAST(states.weight AS DOUBLE) / nullif(all_keys.weight, 0) END AS key_adoption,
  firsts.ever AS features_ever,
  CASE WHEN is_whole AND (ready('events', 56, states.as_of_date) OR ready('events', 1, states.as_of_date - states.tenure_days + 1))
       THEN firsts.new_28d END AS features_new_28d,
  CASE WHEN is_whole_90d AND (ready('events', 118, states.as_of_date) OR ready('events', 1, states.as_of_date - states.tenure_days + 1))
       THEN CAST(firsts.new_90d AS DOUBLE) * 30 / least(greatest(states.tenure_days, 30), 90) END AS adoption_velocity
FROM all_keys
RIGHT JOIN states ON states.as_of_date = all_keys.day
JOIN firsts ON firsts.account_id = states.account_id AND firsts.as_of_date = states.as_of_date
WHERE on_spine
