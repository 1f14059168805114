-- Which features an account used in 28 days, as of each day, how often, and whether it adopted them; one row for each that
-- it used. None for 28 days from when another account went on in it: how often both used it cannot be told yet.
--
-- Stored, so that what depends on tiers of a score is computed again from what is published (`hale run --rescore`).
CREATE TABLE metrics.feature_uses (
  account_id VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date DATE    NOT NULL, -- at the end of this day
  feature    VARCHAR NOT NULL, -- the feature
  uses_28d   BIGINT  NOT NULL CHECK (uses_28d >= 1), -- uses of the feature in 28 days
  is_adopted BOOLEAN NOT NULL, -- the feature was used at least `adopted_after` times in 28 days
  PRIMARY KEY (account_id, as_of_date, feature)
) PARTITIONED BY (as_of_date) AS
WITH stretches AS (
  SELECT
    account_id,
    feature,
    day AS first_day,
    lag(day) OVER (PARTITION BY account_id, feature ORDER BY day DESC) AS day_after,
    uses_28d
  FROM metrics.feature_states
)
SELECT stretches.account_id, spine.as_of_date, stretches.feature, stretches.uses_28d,
       stretches.uses_28d >= $adopted_after AS is_adopted
FROM stretches
JOIN metrics.spine
  ON spine.account_id = stretches.account_id
 AND spine.as_of_date >= stretches.first_day
 AND spine.as_of_date < coalesce(stretches.day_after, DATE '9999-12-31')
 AND coalesce(spine.joined_days >= 28, TRUE)
WHERE stretches.uses_28d > 0
