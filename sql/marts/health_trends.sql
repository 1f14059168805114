-- Health of the whole business, of each segment and of each owner's accounts, by day: weighted by accounts, where each
-- counts alike, and by ARR, where a large one counts more. Where the two part, the trouble is with the large or the small.
-- Where `definition` is another one than on the day before, the score moved with its definition: what of it was that and
-- what the customers', `hale diff --vs` says.
CREATE TABLE marts.health_trends (
  as_of_date         DATE    NOT NULL, -- at the end of this day
  cut                VARCHAR NOT NULL CHECK (cut IN ('business', 'segment', 'owner')), -- by what the accounts are put together
  member             VARCHAR NOT NULL, -- which segment or owner; `all` of the business, `nobody` without an owner
  accounts           BIGINT  NOT NULL CHECK (accounts > 0), -- customers with a contract in force
  scored_accounts    BIGINT  NOT NULL CHECK (scored_accounts <= accounts), -- accounts with a score
  arr                DECIMAL(18,2) NOT NULL, -- ARR of all accounts
  mean_score         DOUBLE, -- mean of the scores; NULL without any
  arr_weighted_score DOUBLE, -- mean of the scores weighted by ARR; NULL where nothing scored has any
  at_risk_accounts   BIGINT  NOT NULL CHECK (at_risk_accounts <= scored_accounts), -- accounts in a tier at risk
  at_risk_arr        DECIMAL(18,2) NOT NULL CHECK (at_risk_arr BETWEEN 0 AND arr), -- ARR of the accounts in a tier at risk
  unscored_arr       DECIMAL(18,2) NOT NULL CHECK (unscored_arr BETWEEN 0 AND arr - at_risk_arr), -- ARR of the accounts without a score
  definition         VARCHAR NOT NULL, -- content hash of what the score meant that day
  version            VARCHAR NOT NULL, -- version of the score that day
  PRIMARY KEY (as_of_date, cut, member)
) PARTITIONED BY (as_of_date) AS
WITH weighed AS (
  -- Millionths of a point and whole cents, so that sums do not depend on their order.
  SELECT
    customers.*,
    health.definition,
    health.version,
    CAST(health.score AS DECIMAL(18,6)) AS points,
    CAST(CASE WHEN health.score IS NOT NULL THEN customers.arr END AS DECIMAL(18,2)) AS weight
  FROM marts.customers AS customers
  JOIN scores.main AS health ON health.account_id = customers.account_id AND health.as_of_date = customers.as_of_date
), cuts AS (
  SELECT 'business' AS cut, 'all' AS member, as_of_date, arr, points, weight, is_at_risk, definition, version FROM weighed
  UNION ALL
  SELECT 'segment', segment, as_of_date, arr, points, weight, is_at_risk, definition, version FROM weighed
  UNION ALL
  SELECT 'owner', coalesce(owner_id, 'nobody'), as_of_date, arr, points, weight, is_at_risk, definition, version FROM weighed
)
SELECT
  as_of_date,
  cut,
  member,
  count(*) AS accounts,
  count(points) AS scored_accounts,
  CAST(sum(arr) AS DECIMAL(18,2)) AS arr,
  round(CAST(sum(points) AS DOUBLE) / nullif(count(points), 0), 4) AS mean_score,
  round(CAST(sum(points * weight) AS DOUBLE) / nullif(CAST(sum(weight) AS DOUBLE), 0), 4) AS arr_weighted_score,
  count(*) FILTER (WHERE is_at_risk) AS at_risk_accounts,
  CAST(coalesce(sum(arr) FILTER (WHERE is_at_risk), 0) AS DECIMAL(18,2)) AS at_risk_arr,
  CAST(coalesce(sum(arr) FILTER (WHERE points IS NULL), 0) AS DECIMAL(18,2)) AS unscored_arr,
  max(definition) AS definition,
  max(version) AS version
FROM cuts
GROUP BY as_of_date, cut, member
