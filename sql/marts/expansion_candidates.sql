-- Whom to offer more, best first: ready by the score of expansion (`ready_from` of its scale), scored and not at risk by
-- the main one, and nothing of the kind under discussion. The order is readiness, then what the account is worth.
CREATE TABLE marts.expansion_candidates (
  account_id           VARCHAR NOT NULL, -- the account
  as_of_date           DATE    NOT NULL, -- at the end of this day
  rank                 BIGINT  NOT NULL CHECK (rank >= 1), -- 1 is the first to call
  account_name         VARCHAR, -- name of the account
  segment              VARCHAR NOT NULL, -- SMB, MM or ENT
  owner_id             VARCHAR, -- owner of the account, our CSM; NULL without one
  readiness            DOUBLE  NOT NULL, -- score of expansion
  score                DOUBLE  NOT NULL, -- the main score
  arr                  DECIMAL(18,2) NOT NULL, -- what it is worth a year
  seats                BIGINT  NOT NULL, -- seats it pays for
  seat_utilisation_28d DOUBLE, -- users per seat; NULL where nothing is sold by seat
  active_users_growth_28d DOUBLE, -- share by which active users grew
  days_to_renewal      BIGINT, -- days until the next renewal: an occasion; NULL without one
  PRIMARY KEY (as_of_date, rank), UNIQUE (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  customers.account_id,
  customers.as_of_date,
  row_number() OVER (
    PARTITION BY customers.as_of_date ORDER BY expansion.score DESC, customers.arr DESC, customers.account_id
  ) AS rank,
  customers.account_name,
  customers.segment,
  customers.owner_id,
  round(expansion.score, 4) AS readiness,
  customers.score,
  customers.arr,
  customers.seats,
  round(accounts.seat_utilisation_28d, 4) AS seat_utilisation_28d,
  round(accounts.active_users_growth_28d, 4) AS active_users_growth_28d,
  customers.days_to_renewal
FROM marts.customers AS customers
JOIN scores.expansion AS expansion
  ON expansion.account_id = customers.account_id AND expansion.as_of_date = customers.as_of_date
JOIN metrics.accounts AS accounts
  ON accounts.account_id = customers.account_id AND accounts.as_of_date = customers.as_of_date
WHERE expansion.score_share >= $ready_from
  AND NOT customers.is_at_risk
  AND coalesce(accounts.open_expansion_opportunities, 0) = 0
