-- How the accounts of each owner do, by day.
--
-- Who has the small accounts may have the low scores. So the level is compared with what the mix lets expect: the mean
-- score of each segment among all accounts of the day, weighed by the owner's own segments. `above_mix` is what is left.
-- Changes are over `compare_days` and like with like: over the accounts that were the owner's on both days and had a
-- score on both; `change_beyond_mix` is what such accounts changed beyond those of their segments. What was handed
-- over, won or lost meanwhile changes no mean: it is counted apart.
CREATE TABLE marts.portfolios (
  as_of_date        DATE    NOT NULL, -- at the end of this day
  owner_id          VARCHAR NOT NULL, -- the owner, our CSM; `nobody` for accounts without one
  accounts          BIGINT  NOT NULL CHECK (accounts > 0), -- accounts of that owner
  arr               DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- what the accounts of the owner are worth a year
  at_risk_arr       DECIMAL(18,2) NOT NULL CHECK (at_risk_arr BETWEEN 0 AND arr), -- ARR of the owner's accounts in a tier at risk
  unscored_arr      DECIMAL(18,2) NOT NULL CHECK (unscored_arr BETWEEN 0 AND arr), -- ARR of the owner's accounts without a score
  mean_score        DOUBLE, -- mean of the scores; NULL without any
  mean_of_mix       DOUBLE, -- mean that the owner's segments let expect
  above_mix         DOUBLE, -- `mean_score` less `mean_of_mix`
  compared_accounts BIGINT  NOT NULL CHECK (compared_accounts BETWEEN 0 AND accounts), -- accounts that were this owner's on both days, with a score on both
  change            DOUBLE, -- mean change of the scores of the compared accounts; NULL without any
  change_beyond_mix DOUBLE, -- mean change of the scores of the compared accounts less the mean change in their segments
  came_accounts     BIGINT  CHECK (came_accounts BETWEEN 0 AND accounts), -- accounts that the owner has and had not on the earlier day; NULL where that lies before the data
  left_accounts     BIGINT  CHECK (left_accounts >= 0), -- accounts that the owner had on the earlier day and has no more; NULL where that lies before the data
  PRIMARY KEY (as_of_date, owner_id)
) PARTITIONED BY (as_of_date) AS
WITH scored AS (
  -- Millionths of a point, so that sums do not depend on their order.
  SELECT customers.as_of_date, customers.account_id, coalesce(customers.owner_id, 'nobody') AS owner_id, customers.segment,
         customers.arr, customers.is_at_risk, CAST(health.score AS DECIMAL(18,6)) AS score
  FROM marts.customers AS customers
  JOIN scores.main AS health ON health.account_id = customers.account_id AND health.as_of_date = customers.as_of_date
), before AS (
  SELECT as_of_date + CAST($compare_days AS BIGINT) AS as_of_date, account_id, owner_id, score
  FROM scored
), changes AS (
  SELECT scored.*, scored.score - before.score AS change, coalesce(before.owner_id = scored.owner_id, FALSE) AS stayed
  FROM scored
  LEFT JOIN before ON before.account_id = scored.account_id AND before.as_of_date = scored.as_of_date
), segments AS (
  SELECT
    as_of_date,
    segment,
    CAST(CAST(sum(score) AS DOUBLE) / nullif(count(score), 0) AS DECIMAL(18,6)) AS score,
    CAST(CAST(sum(change) AS DOUBLE) / nullif(count(change), 0) AS DECIMAL(18,6)) AS change
  FROM changes
  GROUP BY as_of_date, segment
), owners AS (
  SELECT
    changes.as_of_date,
    changes.owner_id,
    count(*) AS accounts,
    sum(changes.arr) AS arr,
    coalesce(sum(changes.arr) FILTER (WHERE changes.is_at_risk), 0) AS at_risk_arr,
    coalesce(sum(changes.arr) FILTER (WHERE changes.score IS NULL), 0) AS unscored_arr,
    CAST(sum(changes.score) AS DOUBLE) / nullif(count(changes.score), 0) AS score,
    CAST(sum(segments.score) FILTER (WHERE changes.score IS NOT NULL) AS DOUBLE) / nullif(count(changes.score), 0) AS mix,
    count(changes.change) FILTER (WHERE changes.stayed) AS compared,
    CAST(sum(changes.change) FILTER (WHERE changes.stayed) AS DOUBLE) AS change,
    CAST(sum(changes.change - segments.change) FILTER (WHERE changes.stayed) AS DOUBLE) AS beyond,
    count(*) FILTER (WHERE NOT changes.stayed) AS came
  FROM segments
  JOIN changes ON changes.as_of_date = segments.as_of_date AND changes.segment = segments.segment
  GROUP BY changes.as_of_date, changes.owner_id
), gone AS (
  SELECT before.as_of_date, before.owner_id, count(*) AS accounts
  FROM before
  LEFT JOIN scored
    ON scored.account_id = before.account_id AND scored.as_of_date = before.as_of_date AND scored.owner_id = before.owner_id
  WHERE scored.account_id IS NULL
  GROUP BY before.as_of_date, before.owner_id
), days AS (
  SELECT DISTINCT as_of_date
  FROM before
)
SELECT
  owners.as_of_date,
  owners.owner_id,
  owners.accounts,
  CAST(owners.arr AS DECIMAL(18,2)) AS arr,
  CAST(owners.at_risk_arr AS DECIMAL(18,2)) AS at_risk_arr,
  CAST(owners.unscored_arr AS DECIMAL(18,2)) AS unscored_arr,
  round(owners.score, 4) AS mean_score,
  round(owners.mix, 4) AS mean_of_mix,
  round(owners.score - owners.mix, 4) AS above_mix,
  owners.compared AS compared_accounts,
  round(owners.change / nullif(owners.compared, 0), 4) AS change,
  round(owners.beyond / nullif(owners.compared, 0), 4) AS change_beyond_mix,
  CASE WHEN days.as_of_date IS NOT NULL THEN owners.came END AS came_accounts,
  CASE WHEN days.as_of_date IS NOT NULL THEN coalesce(gone.accounts, 0) END AS left_accounts
FROM owners
LEFT JOIN days ON days.as_of_date = owners.as_of_date
LEFT JOIN gone ON gone.as_of_date = owners.as_of_date AND gone.owner_id = owners.owner_id
