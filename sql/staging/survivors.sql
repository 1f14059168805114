-- In which account a merged one goes on, one row per merged account and stretch of days: the one that it was merged into,
-- and where that was merged in turn the next, up to the third; `step` counts them.
CREATE VIEW staging.survivors AS
WITH merges AS (
  SELECT account_id, survivor_id, merged_on
  FROM dated.account_merges
), twice AS (
  SELECT merges.account_id, later.survivor_id, greatest(merges.merged_on, later.merged_on) AS merged_on
  FROM merges
  JOIN merges AS later ON later.account_id = merges.survivor_id
), thrice AS (
  SELECT twice.account_id, later.survivor_id, greatest(twice.merged_on, later.merged_on) AS merged_on
  FROM twice
  JOIN merges AS later ON later.account_id = twice.survivor_id
), steps AS (
  SELECT account_id, survivor_id, merged_on, 1 AS step
  FROM merges
  UNION ALL
  SELECT account_id, survivor_id, merged_on, 2
  FROM twice
  UNION ALL
  SELECT account_id, survivor_id, merged_on, 3
  FROM thrice
)
SELECT
  account_id,
  survivor_id,
  step,
  merged_on AS first_day,
  lag(merged_on) OVER (PARTITION BY account_id ORDER BY step DESC, survivor_id, merged_on) AS day_after
FROM steps
WHERE survivor_id <> account_id
