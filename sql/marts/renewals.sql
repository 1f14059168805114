-- What renews when, one row per account, day and quarter of the year: each contract line in force, in the quarter of its
-- renewal date, as known that day. All rows of a day together are the ARR of all customers that day, to the cent.
--
-- At risk is all of an account in the two lowest tiers, and of every other one the lines that are cancelled: these end,
-- whatever the score says.
CREATE TABLE marts.renewals (
  account_id    VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date    DATE    NOT NULL, -- at the end of this day
  quarter       VARCHAR NOT NULL, -- in which it renews, such as 2026-Q4; `open` for lines without a renewal date
  segment       VARCHAR NOT NULL, -- SMB, MM or ENT
  owner_id      VARCHAR, -- our manager; NULL without one
  tier          VARCHAR NOT NULL, -- of the health score
  is_at_risk    BOOLEAN NOT NULL, -- in the two lowest tiers
  arr           DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- ARR of the lines
  cancelled_arr DECIMAL(18,2) NOT NULL CHECK (cancelled_arr BETWEEN 0 AND arr), -- part of it that is cancelled
  at_risk_arr   DECIMAL(18,2) NOT NULL CHECK (at_risk_arr BETWEEN cancelled_arr AND arr), -- part of it at risk
  PRIMARY KEY (account_id, as_of_date, quarter)
) PARTITIONED BY (as_of_date) AS
WITH renewing AS (
  SELECT
    standings.account_id,
    standings.as_of_date,
    coalesce(
      CAST(date_part('year', lines.renewal_date) AS VARCHAR) || '-Q' || CAST(date_part('quarter', lines.renewal_date) AS VARCHAR),
      'open'
    ) AS quarter,
    standings.segment,
    standings.owner_id,
    standings.tier,
    standings.is_at_risk,
    sum(lines.arr) AS arr,
    coalesce(sum(lines.arr) FILTER (WHERE lines.is_cancelled), 0) AS cancelled_arr
  -- The few lines come first: the engine keeps the left side in memory and lets the right one pass.
  FROM staging.contracts AS lines
  JOIN marts.standings AS standings
    ON standings.account_id = lines.account_id
   AND standings.as_of_date >= greatest(lines.first_day, lines.start_date)
   AND standings.as_of_date < coalesce(least(lines.day_after, lines.end_date), DATE '9999-12-31')
  GROUP BY standings.account_id, standings.as_of_date, quarter, standings.segment, standings.owner_id, standings.tier,
           standings.is_at_risk
)
SELECT
  account_id,
  as_of_date,
  quarter,
  segment,
  owner_id,
  tier,
  is_at_risk,
  CAST(arr AS DECIMAL(18,2)) AS arr,
  CAST(cancelled_arr AS DECIMAL(18,2)) AS cancelled_arr,
  CAST(CASE WHEN is_at_risk THEN arr ELSE cancelled_arr END AS DECIMAL(18,2)) AS at_risk_arr
FROM renewing
