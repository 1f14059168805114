-- Which features an account used in 28 days, as of each day, how often, and whether it adopted them; one row for each that
-- it used. None for 28 days from when another account went on in it: how often both used it cannot be told yet.
--
-- A use counts until the day before it is 28 days old, or the feature is retired; one before its release counts nowhere.
-- The features that are not listed count too; they only have no weight.
--
-- What was used in 28 days changes on a day with uses, and when they are 28 days old: from one change to the next it holds.
-- Days of uses that lie more than 27 days back matter for no row.
--
-- Stored, so that what depends on tiers of a score is computed again from what is published (`hale run --rescore`).
CREATE TABLE metrics.feature_uses (
  account_id VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date DATE    NOT NULL, -- at the end of this day
  feature    VARCHAR NOT NULL, -- the feature
  uses_28d   BIGINT  NOT NULL CHECK (uses_28d >= 1), -- uses of the feature in 28 days
  is_adopted BOOLEAN NOT NULL, -- the feature was used at least `adopted_after` times in 28 days
  PRIMARY KEY (account_id, as_of_date, feature)
) PARTITIONED BY (as_of_date) WITH (look_back = '27 days') AS
WITH used AS (
  SELECT days.account_id, days.feature, days.as_of_date, days.uses, features.retired_on
  -- The few features come first: the engine keeps the left side in memory and lets the right one pass.
  FROM staging.features
  RIGHT JOIN metrics.feature_days AS days ON days.feature = features.feature
  WHERE days.as_of_date >= coalesce(features.released_on, days.as_of_date)
), changes AS (
  -- Uses of a day once where they begin to count, and nothing once where they no longer do.
  SELECT account_id, feature, retired_on,
         CASE WHEN edges.is_use THEN as_of_date ELSE as_of_date + 28 END AS as_of_date,
         CASE WHEN edges.is_use THEN uses ELSE 0 END AS uses
  FROM used
  CROSS JOIN (VALUES (TRUE), (FALSE)) AS edges (is_use)
), days AS (
  SELECT account_id, feature, as_of_date, min(retired_on) AS retired_on, sum(uses) AS uses
  FROM changes
  GROUP BY account_id, feature, as_of_date
), rolling AS (
  SELECT
    account_id,
    feature,
    as_of_date AS first_day,
    retired_on,
    sum(uses) OVER (PARTITION BY account_id, feature ORDER BY as_of_date
                    RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW) AS uses_28d
  FROM days
), states AS (
  SELECT *, lag(first_day) OVER (PARTITION BY account_id, feature ORDER BY first_day DESC) AS day_after
  FROM rolling
)
SELECT states.account_id, spine.as_of_date, states.feature, states.uses_28d,
       states.uses_28d >= $adopted_after AS is_adopted
FROM states
JOIN metrics.spine
  ON spine.account_id = states.account_id
 AND states.first_day <= spine.as_of_date
 AND (states.day_after IS NULL OR spine.as_of_date < states.day_after)
 AND (states.retired_on IS NULL OR spine.as_of_date < states.retired_on)
 AND coalesce(spine.joined_days >= 28, TRUE)
WHERE states.uses_28d > 0
