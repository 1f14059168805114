-- Where the main score and the commercial signs differ: somebody should know why, and perhaps the score should.
--
-- `above`: the score sees no risk where the account has cancelled, lost ARR in 90 days, owes for more than 30 days past
-- the due day, or has a renewal that its seller doubts (`doubtful_below`). `below`: the score sees risk where the account
-- grew in 90 days and shows none of these. What is not reported is no sign.
CREATE TABLE marts.score_vs_commercial (
  account_id          VARCHAR NOT NULL, -- the account
  as_of_date          DATE    NOT NULL, -- at the end of this day
  score_is            VARCHAR NOT NULL CHECK (score_is IN ('above', 'below')), -- above or below what the commercial signs say
  account_name        VARCHAR, -- name of the account
  segment             VARCHAR NOT NULL, -- SMB, MM or ENT
  owner_id            VARCHAR, -- owner of the account, our CSM; NULL without one
  score               DOUBLE  NOT NULL, -- the main score
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
    customers.*,
    accounts.cancelled_share,
    accounts.arr_growth_90d,
    accounts.overdue_30d_amount,
    accounts.renewal_probability,
    coalesce(accounts.cancelled_share > 0, FALSE)
      OR coalesce(accounts.arr_growth_90d < 0, FALSE)
      OR coalesce(accounts.overdue_30d_amount > 0, FALSE)
      OR coalesce(accounts.renewal_probability < $doubtful_below, FALSE) AS has_bad_sign
  FROM marts.customers AS customers
  JOIN metrics.accounts AS accounts
    ON accounts.account_id = customers.account_id AND accounts.as_of_date = customers.as_of_date
  WHERE customers.score IS NOT NULL
)
SELECT
  account_id,
  as_of_date,
  CASE WHEN is_at_risk THEN 'below' ELSE 'above' END AS score_is,
  account_name,
  segment,
  owner_id,
  score,
  tier,
  arr,
  round(cancelled_share, 4) AS cancelled_share,
  round(arr_growth_90d, 4) AS arr_growth_90d,
  overdue_30d_amount,
  round(renewal_probability, 4) AS renewal_probability
FROM signs
WHERE NOT is_at_risk AND has_bad_sign
   OR is_at_risk AND NOT has_bad_sign AND coalesce(arr_growth_90d > 0, FALSE)
