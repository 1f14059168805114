-- Health of the whole business, of each segment and of each manager's accounts, by day: weighted by accounts, where each
-- counts alike, and by ARR, where a large one counts more. Where the two part, the trouble is with the large or the small.
CREATE TABLE marts.health_trends (
  as_of_date         DATE    NOT NULL, -- at the end of this day
  cut                VARCHAR NOT NULL CHECK (cut IN ('business', 'segment', 'owner')), -- by what the accounts are put together
  member             VARCHAR NOT NULL, -- which segment or manager; `all` of the business, `nobody` without a manager
  accounts           BIGINT  NOT NULL CHECK (accounts > 0), -- customers with a contract in force
  scored_accounts    BIGINT  NOT NULL CHECK (scored_accounts <= accounts), -- of those, with a score
  arr                DECIMAL(18,2) NOT NULL, -- what all are worth a year
  mean_score         DOUBLE, -- mean of the scores; NULL without any
  arr_weighted_score DOUBLE, -- mean of the scores weighted by ARR; NULL where nothing scored has any
  at_risk_accounts   BIGINT  NOT NULL CHECK (at_risk_accounts <= scored_accounts), -- accounts in the two lowest tiers
  at_risk_arr        DECIMAL(18,2) NOT NULL CHECK (at_risk_arr BETWEEN 0 AND arr), -- what these are worth
  PRIMARY KEY (as_of_date, cut, member)
) PARTITIONED BY (as_of_date) AS
WITH cuts AS (
  SELECT 'business' AS cut, 'all' AS member, as_of_date, arr, score, is_at_risk FROM marts.standings
  UNION ALL
  SELECT 'segment', segment, as_of_date, arr, score, is_at_risk FROM marts.standings
  UNION ALL
  SELECT 'owner', coalesce(owner_id, 'nobody'), as_of_date, arr, score, is_at_risk FROM marts.standings
), weighed AS (
  -- Millionths of a point and whole cents, so that sums do not depend on their order.
  SELECT *, CAST(score AS DECIMAL(18,6)) AS points, CAST(CASE WHEN score IS NOT NULL THEN arr END AS DECIMAL(18,2)) AS weight
  FROM cuts
)
SELECT
  as_of_date,
  cut,
  member,
  count(*) AS accounts,
  count(score) AS scored_accounts,
  CAST(sum(arr) AS DECIMAL(18,2)) AS arr,
  CAST(sum(points) AS DOUBLE) / nullif(count(score), 0) AS mean_score,
  CAST(sum(points * weight) AS DOUBLE) / nullif(CAST(sum(weight) AS DOUBLE), 0) AS arr_weighted_score,
  count(*) FILTER (WHERE is_at_risk) AS at_risk_accounts,
  CAST(coalesce(sum(arr) FILTER (WHERE is_at_risk), 0) AS DECIMAL(18,2)) AS at_risk_arr
FROM weighed
GROUP BY as_of_date, cut, member
