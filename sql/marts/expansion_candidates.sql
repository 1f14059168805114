-- Whom to offer more, best first: ready by the score of expansion, not at risk by that of health, and nothing of the kind
-- under discussion. The order is readiness, then what the account is worth.
CREATE TABLE marts.expansion_candidates (
  account_id           VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date           DATE    NOT NULL, -- at the end of this day
  place                BIGINT  NOT NULL CHECK (place >= 1), -- 1 is the first to call
  segment              VARCHAR NOT NULL, -- SMB, MM or ENT
  owner_id             VARCHAR, -- our manager; NULL without one
  readiness            DOUBLE  NOT NULL, -- score of expansion
  health               DOUBLE, -- score of health
  arr                  DECIMAL(18,2) NOT NULL, -- what it is worth a year
  seats                BIGINT  NOT NULL, -- seats it pays for
  seat_utilisation_28d DOUBLE, -- users per seat; NULL where nothing is sold by seat
  active_users_growth_28d DOUBLE, -- share by which active users grew
  days_to_renewal      BIGINT, -- days until the next renewal: an occasion; NULL without one
  PRIMARY KEY (as_of_date, place), UNIQUE (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  standings.account_id,
  standings.as_of_date,
  row_number() OVER (
    PARTITION BY standings.as_of_date ORDER BY expansion.score DESC, standings.arr DESC, standings.account_id
  ) AS place,
  standings.segment,
  standings.owner_id,
  expansion.score AS readiness,
  standings.score AS health,
  standings.arr,
  standings.seats,
  accounts.seat_utilisation_28d,
  accounts.active_users_growth_28d,
  accounts.days_to_renewal
FROM marts.standings AS standings
JOIN scores.expansion AS expansion
  ON expansion.account_id = standings.account_id AND expansion.as_of_date = standings.as_of_date
JOIN metrics.accounts AS accounts
  ON accounts.account_id = standings.account_id AND accounts.as_of_date = standings.as_of_date
WHERE expansion.tier = 'ready'
  AND NOT standings.is_at_risk
  AND coalesce(accounts.open_expansion_opportunities, 0) = 0
