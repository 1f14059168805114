-- hale.yml
name: t
time_zone: UTC
sources: data
out: out
history_starts: 2026-01-01
parameters: {most: 9, who: a}

-- sql/audits/a0.sql
SELECT account_id, count(*) AS rows FROM staging.events WHERE n < -1000 GROUP BY account_id
-- sql/metrics/m0.sql
CREATE TABLE metrics.m0 (
  account_id VARCHAR NOT NULL,
  as_of_date DATE NOT NULL,
  n BIGINT,
  FOREIGN KEY (account_id, as_of_date) REFERENCES metrics.m0 (account_id, as_of_date), PRIMARY KEY (account_id, as_of_date)
) AS
SELECT a.account_id, d.day AS as_of_date, count(b.n) AS n FROM (SELECT DISTINCT account_id FROM staging.events) AS a CROSS JOIN calendar.days AS d LEFT JOIN staging.events AS b ON b.account_id = a.account_id AND b.as_of_date = d.day GROUP BY a.account_id, d.day
-- sql/raw/events.sql
CREATE EXTERNAL TABLE raw.events (
  account_id VARCHAR NOT NULL,
  day DATE NOT NULL,
  n BIGINT CHECK (account_id LIKE '%a%' OR n IS NULL OR TRUE),
  x DOUBLE
) STORED AS PARQUET LOCATION 'events.parquet' OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '0 days')
-- sql/staging/events.sql
SELECT account_id, day AS as_of_date, n FROM dated.events
