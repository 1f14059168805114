-- The computed score of an account beside its manager's judgement, where both are there: the check before a computed
-- score takes over from a judged one, and later the accounts on which people and numbers differ.
--
-- Managers and scores use their scales differently, so places are compared, not numbers: the share of the day's judged
-- accounts that stand lower, those that stand alike counted half. 0.5 is the middle on both sides.
CREATE TABLE marts.second_opinions (
  account_id  VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date  DATE    NOT NULL, -- at the end of this day
  score       DOUBLE  NOT NULL, -- as computed: before overrides and rounding
  csm_pulse   DOUBLE  NOT NULL CHECK (csm_pulse BETWEEN 1 AND 5), -- as judged
  author_id   VARCHAR NOT NULL, -- who judged
  score_place DOUBLE  NOT NULL CHECK (score_place > 0 AND score_place < 1), -- where the score puts the account
  pulse_place DOUBLE  NOT NULL CHECK (pulse_place > 0 AND pulse_place < 1), -- where the judgement does
  difference  DOUBLE  NOT NULL CHECK (difference > -1 AND difference < 1), -- the first less the second: above 0 the score is kinder
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH both AS (
  SELECT
    health.account_id,
    health.as_of_date,
    health.raw_score AS score,
    accounts.csm_pulse,
    accounts.csm_pulse_author AS author_id
  FROM scores.health
  JOIN metrics.accounts ON accounts.account_id = health.account_id AND accounts.as_of_date = health.as_of_date
  WHERE health.raw_score IS NOT NULL AND accounts.csm_pulse IS NOT NULL
), placed AS (
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
  score,
  csm_pulse,
  author_id,
  CAST(lower_scores + scores_at_most AS DOUBLE) / (2 * judged) AS score_place,
  CAST(lower_pulses + pulses_at_most AS DOUBLE) / (2 * judged) AS pulse_place,
  (CAST(lower_scores + scores_at_most AS DOUBLE) - (lower_pulses + pulses_at_most)) / (2 * judged) AS difference
FROM placed
