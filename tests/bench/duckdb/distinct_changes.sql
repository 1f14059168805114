-- The same by change points: a user-day adds its counts on its day and takes them away 28 days later.
WITH user_days AS (
  SELECT account_id, user_id, occurred_at::DATE AS d, count(*) AS events, sum(seconds)::BIGINT AS seconds
  FROM read_parquet('{data}/events/*.parquet')
  WHERE account_id IN (SELECT account_id FROM read_parquet('{data}/lives.parquet'))
  GROUP BY ALL
), changes AS (
  SELECT account_id, user_id, d, sum(events)::BIGINT AS events, sum(seconds)::BIGINT AS seconds
  FROM (SELECT * FROM user_days
        UNION ALL SELECT account_id, user_id, d + 28, -events, -seconds FROM user_days)
  GROUP BY ALL
), running AS (
  -- No partition by user is needed: the changes of every user add up to zero.
  SELECT account_id, user_id, d, events, seconds,
         sum(events) OVER (PARTITION BY account_id ORDER BY user_id, d
                           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS count_after
  FROM changes
), per_day AS (
  SELECT account_id, d, sum(events)::BIGINT AS events, sum(seconds)::BIGINT AS seconds,
         sum(CASE WHEN user_id IS NULL THEN 0
                  ELSE (count_after > 0)::INT - (count_after - events > 0)::INT END)::BIGINT AS users
  FROM running GROUP BY ALL
), spine AS (
  SELECT account_id, d::DATE AS d
  FROM read_parquet('{data}/lives.parquet'),
       generate_series(DATE '{first}', DATE '{last}', INTERVAL '1' DAY) AS days (d)
)
SELECT s.account_id, s.d AS as_of_date,
       CAST(sum(coalesce(events, 0)) OVER w AS BIGINT) AS events_28d,
       CAST(sum(coalesce(seconds, 0)) OVER w AS BIGINT) AS seconds_28d,
       CAST(sum(coalesce(users, 0)) OVER w AS BIGINT) AS users_28d
FROM spine AS s LEFT JOIN per_day AS p ON s.account_id = p.account_id AND s.d = p.d
WINDOW w AS (PARTITION BY s.account_id ORDER BY s.d ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
