-- What renews or ends when, one row per account, day and quarter of the year: each contract line in force that day in the
-- quarter of its renewal date; one that is cancelled in the quarter in which it ends. All rows of a day together are the
-- ARR of all customers that day, to the cent. A line whose renewal is overdue stays in force, and so in its quarter, for
-- the days in which it is on `marts.overdue_renewals`.
--
-- At risk is all of an account whose tier is at risk, and of every other one the lines that are cancelled: these end,
-- whatever the score says. Of an account without a score nobody knows; its ARR stands apart.
CREATE TABLE marts.renewals (
  account_id    VARCHAR NOT NULL, -- the account
  as_of_date    DATE    NOT NULL, -- at the end of this day
  quarter       VARCHAR NOT NULL, -- in which it renews or ends, such as 2026-Q4; `no renewal date` for lines without one
  account_name  VARCHAR, -- its name
  segment       VARCHAR NOT NULL, -- SMB, MM or ENT
  owner_id      VARCHAR, -- its owner, our CSM; NULL without one
  tier          VARCHAR NOT NULL, -- of the main score
  tier_rank     BIGINT, -- 1 is the lowest tier; NULL when unscored
  is_at_risk    BOOLEAN, -- the tier is one at risk; NULL when unscored
  arr           DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- ARR of the lines
  cancelled_arr DECIMAL(18,2) NOT NULL CHECK (cancelled_arr BETWEEN 0 AND arr), -- part of `arr` that is cancelled
  overdue_arr   DECIMAL(18,2) NOT NULL CHECK (overdue_arr BETWEEN 0 AND arr - cancelled_arr), -- part of `arr` whose end has passed and whose renewal nobody wrote down yet
  at_risk_arr   DECIMAL(18,2) NOT NULL CHECK (at_risk_arr BETWEEN cancelled_arr AND arr), -- part of `arr` at risk
  unscored_arr  DECIMAL(18,2) NOT NULL CHECK (unscored_arr BETWEEN 0 AND arr), -- `arr` where the account has no score, else 0: what of it is at risk beyond what is cancelled, nobody knows
  PRIMARY KEY (account_id, as_of_date, quarter)
) PARTITIONED BY (as_of_date) AS
WITH renewing AS (
  SELECT
    customers.account_id,
    customers.as_of_date,
    lines.decided_in AS quarter,
    customers.account_name,
    customers.segment,
    customers.owner_id,
    customers.tier,
    customers.tier_rank,
    customers.is_at_risk,
    sum(lines.arr) AS arr,
    coalesce(sum(lines.arr) FILTER (WHERE lines.is_cancelled), 0) AS cancelled_arr,
    coalesce(sum(lines.arr) FILTER (WHERE lines.state = 'overdue'), 0) AS overdue_arr
  -- The few lines come first: the engine keeps the left side in memory and lets the right one pass.
  FROM metrics.contract_lines AS lines
  JOIN marts.customers AS customers
    ON customers.account_id = lines.account_id
   AND customers.as_of_date >= lines.first_day
   AND customers.as_of_date < lines.day_after
  WHERE lines.state <> 'lapsed'
  GROUP BY customers.account_id, customers.as_of_date, quarter, customers.account_name, customers.segment,
           customers.owner_id, customers.tier, customers.tier_rank, customers.is_at_risk
)
SELECT
  account_id,
  as_of_date,
  quarter,
  account_name,
  segment,
  owner_id,
  tier,
  tier_rank,
  is_at_risk,
  CAST(arr AS DECIMAL(18,2)) AS arr,
  CAST(cancelled_arr AS DECIMAL(18,2)) AS cancelled_arr,
  CAST(overdue_arr AS DECIMAL(18,2)) AS overdue_arr,
  CAST(CASE WHEN is_at_risk THEN arr ELSE cancelled_arr END AS DECIMAL(18,2)) AS at_risk_arr,
  CAST(CASE WHEN is_at_risk IS NULL THEN arr ELSE 0 END AS DECIMAL(18,2)) AS unscored_arr
FROM renewing
