-- Where the health score and the commercial signs disagree: somebody should know why, and perhaps the score should.
--
-- `kinder`: the score sees no risk where the account has cancelled, lost ARR in 90 days, owes for more than 30 days past
-- the due day, or has a renewal that its seller doubts. `harsher`: the score sees risk where the account grew in 90 days
-- and shows none of these. What is not reported is no sign.
CREATE TABLE marts.disagreements (
  account_id          VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date          DATE    NOT NULL, -- at the end of this day
  score_is            VARCHAR NOT NULL CHECK (score_is IN ('kinder', 'harsher')), -- than the commercial signs
  segment             VARCHAR NOT NULL, -- SMB, MM or ENT
  owner_id            VARCHAR, -- our manager; NULL without one
  score               DOUBLE  NOT NULL, -- score of health
  tier                VARCHAR NOT NULL, -- its tier
  arr                 DECIMAL(18,2) NOT NULL, -- what the account is worth a year
  cancelled_share     DOUBLE, -- part of ARR that is cancelled
  arr_growth_90d      DOUBLE, -- share by which ARR grew in 90 days; NULL without a base
  overdue_30d_amount  DECIMAL(18,2), -- owed for more than 30 days past the due day
  renewal_probability DOUBLE, -- how likely its seller sees the renewal
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH signs AS (
  SELECT
    standings.account_id,
    standings.as_of_date,
    standings.segment,
    standings.owner_id,
    standings.score,
    standings.tier,
    standings.is_at_risk,
    standings.arr,
    accounts.cancelled_share,
    accounts.arr_growth_90d,
    accounts.overdue_30d_amount,
    accounts.renewal_probability,
    coalesce(accounts.cancelled_share > 0, FALSE)
      OR coalesce(accounts.arr_growth_90d < 0, FALSE)
      OR coalesce(accounts.overdue_30d_amount > 0, FALSE)
      OR coalesce(accounts.renewal_probability < 0.5, FALSE) AS has_bad_sign
  FROM marts.standings AS standings
  JOIN metrics.accounts AS accounts
    ON accounts.account_id = standings.account_id AND accounts.as_of_date = standings.as_of_date
  WHERE standings.score IS NOT NULL
)
SELECT
  account_id,
  as_of_date,
  CASE WHEN is_at_risk THEN 'harsher' ELSE 'kinder' END AS score_is,
  segment,
  owner_id,
  score,
  tier,
  arr,
  cancelled_share,
  arr_growth_90d,
  overdue_30d_amount,
  renewal_probability
FROM signs
WHERE NOT is_at_risk AND has_bad_sign
   OR is_at_risk AND NOT has_bad_sign AND coalesce(arr_growth_90d > 0, FALSE)
