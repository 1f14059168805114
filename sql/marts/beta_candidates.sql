-- Whom to try something new with, best first: a score in the upper part of all (`healthy_from`), no severe ticket open, in
-- use on most working days (`beta_active_days`), takes to new features or tells us what to mend, and was in no trial for
-- half a year. What is not reported speaks neither for nor against.
CREATE TABLE marts.beta_candidates (
  account_id   VARCHAR NOT NULL, -- the account
  as_of_date   DATE    NOT NULL, -- at the end of this day
  rank         BIGINT  NOT NULL CHECK (rank >= 1), -- 1 is the first to ask
  account_name VARCHAR, -- its name
  owner_id     VARCHAR, -- its owner, our CSM; NULL without one
  segment      VARCHAR NOT NULL, -- SMB, MM or ENT
  industry     VARCHAR, -- its line of business
  score        DOUBLE  NOT NULL, -- the main score
  active_days_28d BIGINT NOT NULL, -- days with any event, of 28
  features_28d BIGINT  NOT NULL, -- distinct features used
  features_new_28d BIGINT NOT NULL, -- of those, for the first time
  PRIMARY KEY (as_of_date, rank), UNIQUE (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  accounts.account_id,
  accounts.as_of_date,
  row_number() OVER (
    PARTITION BY accounts.as_of_date ORDER BY health.score DESC, accounts.features_28d DESC, accounts.account_id
  ) AS rank,
  accounts.account_name,
  accounts.owner_id,
  accounts.segment,
  accounts.industry,
  round(health.score, 4) AS score,
  accounts.active_days_28d,
  accounts.features_28d,
  accounts.features_new_28d
FROM metrics.accounts AS accounts
JOIN scores.main AS health ON health.account_id = accounts.account_id AND health.as_of_date = accounts.as_of_date
WHERE accounts.is_in_force
  AND health.percentile >= $healthy_from
  AND coalesce(accounts.severe_tickets_open, 0) = 0
  AND accounts.active_days_28d >= $beta_active_days
  AND (accounts.features_new_28d > 0 OR accounts.gives_feedback)
  AND coalesce(accounts.betas_180d, 0) = 0
