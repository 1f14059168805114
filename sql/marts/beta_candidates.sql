-- Whom to try something new with, best first: of those that may be asked (marts.askable), who use it on most working days
-- (`beta_active_days`), take to new features or tell us what to mend, and were in no trial for half a year. What is not
-- reported speaks neither for nor against; an account in which another one went on in this half-year may have been in one
-- under either name, and is not asked.
CREATE TABLE marts.beta_candidates (
  account_id   VARCHAR NOT NULL, -- the account
  as_of_date   DATE    NOT NULL, -- at the end of this day
  rank         BIGINT  NOT NULL CHECK (rank >= 1), -- 1 is the first to ask
  account_name VARCHAR, -- name of the account
  owner_id     VARCHAR, -- owner of the account, our CSM; NULL without one
  segment      VARCHAR NOT NULL, -- SMB, MM or ENT
  industry     VARCHAR, -- line of business of the account
  score        DOUBLE  NOT NULL, -- the main score
  active_days_28d BIGINT NOT NULL, -- days of 28 on which a user did anything
  features_28d BIGINT  NOT NULL, -- distinct features used
  features_new_28d BIGINT, -- features used for the first time in the last 28 days; NULL where the log does not reach back far enough to tell
  PRIMARY KEY (as_of_date, rank), UNIQUE (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  account_id,
  as_of_date,
  row_number() OVER (PARTITION BY as_of_date ORDER BY score DESC, features_28d DESC, account_id) AS rank,
  account_name,
  owner_id,
  segment,
  industry,
  round(score, 4) AS score,
  active_days_28d,
  features_28d,
  features_new_28d
FROM marts.askable
WHERE active_days_28d >= $beta_active_days
  AND (features_new_28d > 0 OR gives_feedback)
  AND coalesce(betas_180d, 0) = 0
  AND coalesce(joined_days >= 180, TRUE)
