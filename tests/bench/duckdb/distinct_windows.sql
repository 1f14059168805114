-- Rolling events, seconds and distinct users: COUNT(DISTINCT) over user-days, with one empty row per account and day.
WITH user_days AS (
  SELECT account_id, user_id, occurred_at::DATE AS d, count(*) AS events, sum(seconds) AS seconds
  FROM read_parquet('{data}/events/*.parquet')
  WHERE account_id IN (SELECT account_id FROM read_parquet('{data}/lives.parquet'))
  GROUP BY ALL
), spine AS (
  SELECT account_id, d::DATE AS d
  FROM read_parquet('{data}/lives.parquet'),
       generate_series(DATE '{first}', DATE '{last}', INTERVAL '1' DAY) AS days (d)
), rows AS (
  SELECT account_id, user_id, d, events, seconds, false AS is_spine FROM user_days
  UNION ALL
  SELECT account_id, NULL, d, 0, 0, true FROM spine
), rolled AS (
  SELECT account_id, d AS as_of_date, is_spine,
         sum(events) OVER w28 AS events_28d,
         sum(seconds) OVER w28 AS seconds_28d,
         count(DISTINCT user_id) OVER w28 AS users_28d
  FROM rows
  WINDOW w28 AS (PARTITION BY account_id ORDER BY d RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW)
)
SELECT account_id, as_of_date, events_28d::BIGINT AS events_28d, seconds_28d::BIGINT AS seconds_28d,
       users_28d::BIGINT AS users_28d
FROM rolled WHERE is_spine
