-- How the accounts of each manager do, by day; computed when asked.
--
-- Who has the small accounts has the low scores. So the level is compared with what the mix lets expect: the mean score
-- of each segment among all accounts of the day, weighed by the manager's own segments. `above_mix` is what is left.
-- Changes are against `compare_days` before, of the same manager, where that day is published.
CREATE VIEW marts.portfolios AS
WITH scored AS (
  SELECT as_of_date, coalesce(owner_id, 'nobody') AS owner_id, segment, arr, is_at_risk, CAST(score AS DECIMAL(18,6)) AS score
  FROM marts.standings
), segments AS (
  SELECT as_of_date, segment, CAST(CAST(sum(score) AS DOUBLE) / nullif(count(score), 0) AS DECIMAL(18,6)) AS score
  FROM scored
  GROUP BY as_of_date, segment
), owners AS (
  SELECT
    scored.as_of_date,
    scored.owner_id,
    count(*) AS accounts,
    sum(scored.arr) AS arr,
    coalesce(sum(CASE WHEN scored.is_at_risk THEN scored.arr END), 0) AS arr_at_risk,
    CAST(sum(scored.score) AS DOUBLE) / nullif(count(scored.score), 0) AS score,
    CAST(sum(CASE WHEN scored.score IS NOT NULL THEN segments.score END) AS DOUBLE) / nullif(count(scored.score), 0) AS score_of_mix
  FROM segments
  JOIN scored ON scored.as_of_date = segments.as_of_date AND scored.segment = segments.segment
  GROUP BY scored.as_of_date, scored.owner_id
)
SELECT
  now.as_of_date,
  now.owner_id,
  now.accounts,
  CAST(now.arr AS DECIMAL(18,2)) AS arr,
  CAST(now.arr_at_risk AS DECIMAL(18,2)) AS arr_at_risk,
  now.score,
  now.score_of_mix,
  now.score - now.score_of_mix AS above_mix,
  now.score - before.score AS change,
  now.score - now.score_of_mix - (before.score - before.score_of_mix) AS above_mix_change
FROM owners AS now
LEFT JOIN owners AS before
  ON before.owner_id = now.owner_id AND before.as_of_date = now.as_of_date - CAST($compare_days AS BIGINT)
