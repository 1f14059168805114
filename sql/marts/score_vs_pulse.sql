-- The computed score of an account beside its owner's judgement (the pulse), where both are there: the check before a
-- computed score takes over from a judged one, and later the accounts on which people and numbers differ.
--
-- Where the pulse is part of the score, it would agree with itself: the score is taken here without the component
-- `pulse_component`, as if the others alone had its weight. Owners and scores use their scales differently, so
-- percentiles are compared, not numbers: the share of the day's judged accounts that are lower, those that are alike
-- counted half. 0.5 is the middle on both sides.
CREATE TABLE marts.score_vs_pulse (
  account_id       VARCHAR NOT NULL, -- the account
  as_of_date       DATE    NOT NULL, -- at the end of this day
  account_name     VARCHAR, -- name of the account
  owner_id         VARCHAR, -- owner of the account, our CSM; NULL without one
  score            DOUBLE  NOT NULL, -- as computed, without the pulse: before overrides and rounding
  csm_pulse        DOUBLE  NOT NULL CHECK (csm_pulse BETWEEN 1 AND 5), -- as judged
  author_id        VARCHAR NOT NULL, -- who made the judgement
  score_percentile DOUBLE  NOT NULL CHECK (score_percentile > 0 AND score_percentile < 1), -- where the score puts the account
  pulse_percentile DOUBLE  NOT NULL CHECK (pulse_percentile > 0 AND pulse_percentile < 1), -- where the judgement does
  difference       DOUBLE  NOT NULL CHECK (difference > -1 AND difference < 1), -- the first less the second: above 0 the score is above the pulse
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH parts AS (
  SELECT
    account_id,
    as_of_date,
    max(CASE WHEN component = $pulse_component THEN contribution END) AS pulse_contribution,
    max(CASE WHEN component = $pulse_component THEN effective_weight END) AS pulse_weight,
    max(CASE WHEN state = 'base' THEN contribution END) AS base
  FROM components.main
  GROUP BY account_id, as_of_date
), others AS (
  SELECT
    health.account_id,
    health.as_of_date,
    coalesce(parts.base, 0)
      + (health.raw_score - coalesce(parts.base, 0) - coalesce(parts.pulse_contribution, 0))
        / nullif(1 - coalesce(parts.pulse_weight, 0), 0) AS score
  FROM scores.main AS health
  JOIN parts ON parts.account_id = health.account_id AND parts.as_of_date = health.as_of_date
), both AS (
  SELECT
    others.account_id,
    others.as_of_date,
    accounts.account_name,
    accounts.owner_id,
    -- Nine digits: what differs by less is alike.
    round(others.score, 9) AS score,
    accounts.csm_pulse,
    accounts.csm_pulse_author AS author_id
  FROM others
  JOIN metrics.accounts AS accounts ON accounts.account_id = others.account_id AND accounts.as_of_date = others.as_of_date
  WHERE others.score IS NOT NULL AND accounts.csm_pulse IS NOT NULL
), ranked AS (
  SELECT
    *,
    count(*) OVER (PARTITION BY as_of_date) AS judged,
    rank() OVER (PARTITION BY as_of_date ORDER BY score) - 1 AS lower_scores,
    count(*) OVER (PARTITION BY as_of_date ORDER BY score) AS scores_at_most,
    rank() OVER (PARTITION BY as_of_date ORDER BY csm_pulse) - 1 AS lower_pulses,
    count(*) OVER (PARTITION BY as_of_date ORDER BY csm_pulse) AS pulses_at_most
  FROM both
)
SELECT
  account_id,
  as_of_date,
  account_name,
  owner_id,
  round(score, 4) AS score,
  csm_pulse,
  author_id,
  round(CAST(lower_scores + scores_at_most AS DOUBLE) / (2 * judged), 4) AS score_percentile,
  round(CAST(lower_pulses + pulses_at_most AS DOUBLE) / (2 * judged), 4) AS pulse_percentile,
  round((CAST(lower_scores + scores_at_most AS DOUBLE) - (lower_pulses + pulses_at_most)) / (2 * judged), 4) AS difference
FROM ranked
