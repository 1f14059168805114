-- From which tier of the main score to which accounts moved in `compare_days`, those that stayed included. One that goes on
-- in another account by the later day is `merged`, and not gone. ARR is that of
-- the later day, of those gone and merged that of the earlier. No row for a day whose counterpart lies before the data.
CREATE TABLE marts.tier_migrations (
  as_of_date DATE    NOT NULL, -- at the end of this day
  move       VARCHAR NOT NULL CHECK (move IN ('new', 'gone', 'merged', 'up', 'down', 'same', 'scored', 'unscored')), -- new: no customer before; gone: none any more; merged: it goes on in another account; up, down, same: by rank of the tier; scored, unscored: it has a score now, or none any more
  from_rank  BIGINT  NOT NULL CHECK (from_rank >= 0), -- rank of the tier before, 1 is the lowest; 0 without a score, or no customer
  to_rank    BIGINT  NOT NULL CHECK (to_rank >= 0), -- rank of the tier after; 0 without a score, or no customer any more
  from_date  DATE    NOT NULL, -- the earlier day
  from_tier  VARCHAR CHECK ((from_tier IS NULL) = (move = 'new')), -- the tier before; NULL for who is new
  to_tier    VARCHAR CHECK ((to_tier IS NULL) = (move IN ('gone', 'merged'))), -- the tier after; NULL for who is gone or merged
  accounts   BIGINT  NOT NULL CHECK (accounts > 0), -- accounts that moved so
  arr        DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- what the accounts that moved are worth a year
  PRIMARY KEY (as_of_date, move, from_rank, to_rank)
) PARTITIONED BY (as_of_date) AS
WITH sides AS (
  SELECT as_of_date, account_id, tier AS tier_after, coalesce(tier_rank, 0) AS rank_after, arr AS arr_after,
         CAST(NULL AS VARCHAR) AS tier_before, CAST(NULL AS BIGINT) AS rank_before, CAST(NULL AS DECIMAL(18,2)) AS arr_before
  FROM marts.customers
  UNION ALL
  SELECT as_of_date + CAST($compare_days AS BIGINT), account_id, NULL, NULL, NULL, tier, coalesce(tier_rank, 0), arr
  FROM marts.customers
), pairs AS (
  SELECT
    as_of_date,
    account_id,
    max(tier_before) AS from_tier,
    max(tier_after) AS to_tier,
    max(rank_before) AS rank_before,
    max(rank_after) AS rank_after,
    coalesce(max(arr_after), max(arr_before)) AS arr
  FROM sides
  GROUP BY as_of_date, account_id
), moves AS (
  SELECT
    pairs.*,
    CASE
      WHEN rank_before IS NULL THEN 'new'
      WHEN rank_after IS NULL AND survivors.account_id IS NOT NULL THEN 'merged'
      WHEN rank_after IS NULL THEN 'gone'
      WHEN rank_before = rank_after THEN 'same'
      WHEN rank_before = 0 THEN 'scored'
      WHEN rank_after = 0 THEN 'unscored'
      WHEN rank_before < rank_after THEN 'up'
      ELSE 'down'
    END AS move
  -- The few merged accounts come first: the engine keeps the left side in memory and lets the right one pass.
  FROM metrics.survivors
  RIGHT JOIN pairs
    ON survivors.account_id = pairs.account_id
   AND pairs.as_of_date >= survivors.first_day
   AND pairs.as_of_date < survivors.day_after
), days AS (
  -- Both days are there: the earlier one may lie before the data, the later one is still to come.
  SELECT as_of_date
  FROM marts.customers
  GROUP BY as_of_date
  INTERSECT
  SELECT as_of_date + CAST($compare_days AS BIGINT)
  FROM marts.customers
  GROUP BY as_of_date
)
SELECT
  moves.as_of_date,
  move,
  coalesce(rank_before, 0) AS from_rank,
  coalesce(rank_after, 0) AS to_rank,
  moves.as_of_date - CAST($compare_days AS BIGINT) AS from_date,
  from_tier,
  to_tier,
  count(*) AS accounts,
  CAST(sum(arr) AS DECIMAL(18,2)) AS arr
FROM moves
JOIN days ON days.as_of_date = moves.as_of_date
GROUP BY moves.as_of_date, move, rank_before, rank_after, from_tier, to_tier
