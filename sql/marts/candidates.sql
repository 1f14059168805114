-- Whom to ask for a reference, and whom to try something new with, best first.
--
-- A reference: healthier than half of all, no severe ticket open, somebody there speaks well of us, and neither gave one in
-- half a year nor has been asked. A beta: uses the product on most working days, takes to new features or tells us what
-- to mend, and is in none. What is not reported speaks neither for nor against.
CREATE TABLE marts.candidates (
  account_id  VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date  DATE    NOT NULL, -- at the end of this day
  kind        VARCHAR NOT NULL CHECK (kind IN ('reference', 'beta')), -- for what
  place       BIGINT  NOT NULL CHECK (place >= 1), -- 1 is the first to ask
  owner_id    VARCHAR, -- our manager; NULL without one
  segment     VARCHAR NOT NULL, -- SMB, MM or ENT
  industry    VARCHAR, -- its line of business
  score       DOUBLE  NOT NULL, -- of health
  nps_latest  DOUBLE, -- last answer to whether they would recommend us
  csm_pulse   DOUBLE, -- how its manager thinks it is doing
  features_28d BIGINT NOT NULL, -- distinct features used
  PRIMARY KEY (as_of_date, kind, place), UNIQUE (account_id, as_of_date, kind)
) PARTITIONED BY (as_of_date) AS
WITH healthy AS (
  SELECT accounts.*, health.score
  FROM metrics.accounts AS accounts
  JOIN scores.health AS health ON health.account_id = accounts.account_id AND health.as_of_date = accounts.as_of_date
  WHERE accounts.is_in_force
    AND health.percentile >= 0.5
    AND coalesce(accounts.severe_tickets_open, 0) = 0
), fit AS (
  SELECT *, 'reference' AS kind
  FROM healthy
  WHERE (nps_latest >= 9 OR csm_pulse >= 4 OR feedback_praise_90d > 0)
    AND coalesce(nps_latest, 9) >= 7
    AND coalesce(references_180d, 0) = 0
    AND coalesce(advocacy_asks_open, 0) = 0
  UNION ALL
  SELECT *, 'beta'
  FROM healthy
  WHERE active_days_28d >= 12
    AND (features_new_28d > 0 OR gives_feedback)
    AND coalesce(betas_180d, 0) = 0
)
SELECT
  account_id,
  as_of_date,
  kind,
  row_number() OVER (PARTITION BY as_of_date, kind ORDER BY score DESC, features_28d DESC, account_id) AS place,
  owner_id,
  segment,
  industry,
  score,
  nps_latest,
  csm_pulse,
  features_28d
FROM fit
