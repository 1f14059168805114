-- ARR by the quarter in which it renews and the tier of its account, and how much of it is at risk, by day.
CREATE TABLE marts.revenue_at_risk (
  as_of_date    DATE    NOT NULL, -- at the end of this day
  quarter       VARCHAR NOT NULL, -- in which it renews, such as 2026-Q4; `open` for lines without a renewal date
  tier          VARCHAR NOT NULL, -- of the health score
  accounts      BIGINT  NOT NULL CHECK (accounts > 0), -- accounts with lines that renew then
  arr           DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- ARR of these lines
  cancelled_arr DECIMAL(18,2) NOT NULL CHECK (cancelled_arr BETWEEN 0 AND arr), -- part of it that is cancelled
  at_risk_arr   DECIMAL(18,2) NOT NULL CHECK (at_risk_arr BETWEEN cancelled_arr AND arr), -- part of it at risk: all of the two lowest tiers, else what is cancelled
  PRIMARY KEY (as_of_date, quarter, tier)
) PARTITIONED BY (as_of_date) AS
SELECT
  as_of_date,
  quarter,
  tier,
  count(*) AS accounts,
  CAST(sum(arr) AS DECIMAL(18,2)) AS arr,
  CAST(sum(cancelled_arr) AS DECIMAL(18,2)) AS cancelled_arr,
  CAST(sum(at_risk_arr) AS DECIMAL(18,2)) AS at_risk_arr
FROM marts.renewals
GROUP BY as_of_date, quarter, tier
