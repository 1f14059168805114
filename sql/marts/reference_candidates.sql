-- Whom to ask for a reference, best first: a score in the upper part of all (`healthy_from`), no severe ticket open,
-- somebody there speaks well of us, none gave one in half a year, and none has been asked. What is not reported speaks
-- neither for nor against.
CREATE TABLE marts.reference_candidates (
  account_id   VARCHAR NOT NULL, -- the account
  as_of_date   DATE    NOT NULL, -- at the end of this day
  rank         BIGINT  NOT NULL CHECK (rank >= 1), -- 1 is the first to ask
  account_name VARCHAR, -- its name
  owner_id     VARCHAR, -- its owner, our CSM; NULL without one
  segment      VARCHAR NOT NULL, -- SMB, MM or ENT
  industry     VARCHAR, -- its line of business
  score        DOUBLE  NOT NULL, -- the main score
  nps_latest   DOUBLE, -- last answer to whether they would recommend us
  csm_pulse    DOUBLE, -- how its owner thinks it is doing
  feedback_praise_90d BIGINT, -- praise in 90 days
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
  round(accounts.nps_latest, 4) AS nps_latest,
  accounts.csm_pulse,
  accounts.feedback_praise_90d
FROM metrics.accounts AS accounts
JOIN scores.main AS health ON health.account_id = accounts.account_id AND health.as_of_date = accounts.as_of_date
WHERE accounts.is_in_force
  AND health.percentile >= $healthy_from
  AND coalesce(accounts.severe_tickets_open, 0) = 0
  AND (accounts.nps_latest >= $promoter_from OR accounts.csm_pulse >= $good_pulse OR accounts.feedback_praise_90d > 0)
  AND coalesce(accounts.nps_latest >= $passive_from, TRUE)
  AND coalesce(accounts.references_180d, 0) = 0
  AND coalesce(accounts.advocacy_asks_open, 0) = 0
