-- ARR by the quarter in which it renews or ends and the tier of its account, how much of it is at risk, and how much is of
-- accounts without a score, by day.
CREATE TABLE marts.revenue_at_risk (
  as_of_date    DATE    NOT NULL, -- at the end of this day
  quarter       VARCHAR NOT NULL, -- in which it renews or ends, such as 2026-Q4; `no renewal date` for lines without one
  tier          VARCHAR NOT NULL, -- of the main score
  tier_rank     BIGINT, -- 1 is the lowest tier; NULL when unscored
  accounts      BIGINT  NOT NULL CHECK (accounts > 0), -- accounts with lines of that quarter
  arr           DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- ARR of the lines of the quarter
  cancelled_arr DECIMAL(18,2) NOT NULL CHECK (cancelled_arr BETWEEN 0 AND arr), -- ARR of the lines that are cancelled
  at_risk_arr   DECIMAL(18,2) NOT NULL CHECK (at_risk_arr BETWEEN cancelled_arr AND arr), -- ARR at risk: all of a tier at risk, else what is cancelled
  unscored_arr  DECIMAL(18,2) NOT NULL CHECK (unscored_arr BETWEEN 0 AND arr), -- ARR of accounts without a score: what of it is at risk beyond what is cancelled, nobody knows
  PRIMARY KEY (as_of_date, quarter, tier)
) PARTITIONED BY (as_of_date) AS
SELECT
  as_of_date,
  quarter,
  tier,
  tier_rank,
  count(*) AS accounts,
  CAST(sum(arr) AS DECIMAL(18,2)) AS arr,
  CAST(sum(cancelled_arr) AS DECIMAL(18,2)) AS cancelled_arr,
  CAST(sum(at_risk_arr) AS DECIMAL(18,2)) AS at_risk_arr,
  CAST(sum(unscored_arr) AS DECIMAL(18,2)) AS unscored_arr
FROM marts.renewals
GROUP BY as_of_date, quarter, tier, tier_rank
