-- Whom to ask for a reference, best first: of those that may be asked (marts.askable), where somebody speaks well of us, none
-- gave one in half a year, and none has been asked. What is not reported speaks neither for nor against; an account in which
-- another one went on in this half-year may have given one under either name, and is not asked.
CREATE TABLE marts.reference_candidates (
  account_id   VARCHAR NOT NULL, -- the account
  as_of_date   DATE    NOT NULL, -- at the end of this day
  rank         BIGINT  NOT NULL CHECK (rank >= 1), -- 1 is the first to ask
  account_name VARCHAR, -- name of the account
  owner_id     VARCHAR, -- owner of the account, our CSM; NULL without one
  segment      VARCHAR NOT NULL, -- SMB, MM or ENT
  industry     VARCHAR, -- line of business of the account
  score        DOUBLE  NOT NULL, -- the main score
  nps_latest   DOUBLE, -- last answer to whether they would recommend us
  csm_pulse    DOUBLE, -- how its owner thinks it is doing
  feedback_praise_90d BIGINT, -- praise in 90 days
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
  round(nps_latest, 4) AS nps_latest,
  csm_pulse,
  feedback_praise_90d
FROM marts.askable
WHERE (nps_latest >= $promoter_from OR csm_pulse >= $good_pulse OR feedback_praise_90d > 0)
  AND coalesce(nps_latest >= $passive_from, TRUE)
  AND coalesce(references_180d, 0) = 0
  AND coalesce(joined_days >= 180, TRUE)
  AND coalesce(advocacy_asks_open, 0) = 0
