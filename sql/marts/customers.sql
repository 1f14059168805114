-- Each customer with a contract in force on a day: who it is, what it is worth, and how it does by the main score. The
-- other marts begin with it.
--
-- Who is at risk is a matter of the score's tiers (`at_risk: true` in its YAML). Of an account without a score it is
-- unknown, which is not safe: what adds up revenue says that beside it.
CREATE TABLE marts.customers (
  account_id      VARCHAR NOT NULL, -- the account
  as_of_date      DATE    NOT NULL, -- at the end of this day
  account_name    VARCHAR, -- name of the account
  segment         VARCHAR NOT NULL, -- SMB, MM or ENT
  owner_id        VARCHAR, -- owner of the account, our CSM; NULL without one
  arr             DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- worth a year
  seats           BIGINT  NOT NULL CHECK (seats >= 0), -- seats it pays for
  days_to_renewal BIGINT  CHECK (days_to_renewal >= 1), -- days until the next renewal; NULL without one
  score           DOUBLE, -- the main score, to four digits; NULL when unscored
  score_share     DOUBLE  CHECK (score_share BETWEEN 0 AND 1), -- where the score lies on its scale, from 0 to 1; NULL when unscored
  tier            VARCHAR NOT NULL, -- the range the score is in
  tier_rank       BIGINT  CHECK (tier_rank >= 1), -- 1 is the lowest tier; NULL when unscored
  is_at_risk      BOOLEAN CHECK ((is_at_risk IS NULL) = (score IS NULL)), -- the tier is one at risk; NULL when unscored
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  accounts.account_id,
  accounts.as_of_date,
  accounts.account_name,
  accounts.segment,
  accounts.owner_id,
  accounts.arr,
  accounts.seats,
  accounts.days_to_renewal,
  round(health.score, 4) AS score,
  round(health.score_share, 4) AS score_share,
  health.tier,
  health.tier_rank,
  health.is_at_risk
FROM metrics.accounts AS accounts
JOIN scores.main AS health ON health.account_id = accounts.account_id AND health.as_of_date = accounts.as_of_date
WHERE accounts.is_in_force
