-- From which tier of the health score to which accounts moved in `compare_days`, those that stayed included; `new` were
-- no customers before, `gone` are none any more. A row for every day on which both days are published; computed when
-- asked. ARR is that of the later day, of those gone that of the earlier.
CREATE VIEW marts.tier_migrations AS
WITH days AS (
  SELECT DISTINCT as_of_date FROM scores.health
), pairs AS (
  SELECT later.as_of_date, earlier.as_of_date AS from_date
  FROM days AS later
  JOIN days AS earlier ON earlier.as_of_date = later.as_of_date - CAST($compare_days AS BIGINT)
), sides AS (
  SELECT pairs.as_of_date, pairs.from_date, standings.account_id, standings.tier AS tier_after, standings.arr AS arr_after,
         CAST(NULL AS VARCHAR) AS tier_before, CAST(NULL AS DECIMAL(18,2)) AS arr_before
  FROM pairs
  JOIN marts.standings AS standings ON standings.as_of_date = pairs.as_of_date
  UNION ALL
  SELECT pairs.as_of_date, pairs.from_date, standings.account_id, NULL, NULL, standings.tier, standings.arr
  FROM pairs
  JOIN marts.standings AS standings ON standings.as_of_date = pairs.from_date
), moves AS (
  SELECT
    as_of_date,
    from_date,
    account_id,
    coalesce(max(tier_before), 'new') AS from_tier,
    coalesce(max(tier_after), 'gone') AS to_tier,
    coalesce(max(arr_after), max(arr_before)) AS arr
  FROM sides
  GROUP BY as_of_date, from_date, account_id
)
SELECT as_of_date, from_date, from_tier, to_tier, count(*) AS accounts, CAST(sum(arr) AS DECIMAL(18,2)) AS arr
FROM moves
GROUP BY as_of_date, from_date, from_tier, to_tier
