-- Twenty-two rolling sums over dense account-days.
SELECT account_id, as_of_date,
       {rolling_sums}
FROM read_parquet('{data}/account_days.parquet')
WINDOW w7 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW),
       w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW)
