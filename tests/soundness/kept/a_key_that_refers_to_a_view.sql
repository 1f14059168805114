-- hale.yml
name: t
time_zone: UTC
sources: data
out: out
history_starts: 2026-01-01
parameters: {most: 9, who: a}

-- sql/audits/a0.sql
SELECT day FROM calendar.days WHERE day NOT IN (SELECT as_of_date FROM metrics.m0 WHERE as_of_date IS NOT NULL) AND day > DATE '2030-01-01'
-- sql/metrics/m0.sql
CREATE TABLE metrics.m0 (
  account_id VARCHAR NOT NULL,
  as_of_date DATE NOT NULL,
  n BIGINT CHECK (n = n + 0),
  FOREIGN KEY (account_id) REFERENCES staging.events (account_id), PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT account_id, as_of_date, max(n) AS n FROM (
SELECT account_id, as_of_date, n FROM staging.events UNION ALL SELECT account_id, as_of_date, n + 1 FROM staging.events
) AS rows
WHERE account_id IS NOT NULL AND as_of_date IS NOT NULL GROUP BY account_id, as_of_date
-- sql/metrics/m1.sql
CREATE TABLE metrics.m1 (
  account_id VARCHAR NOT NULL,
  as_of_date DATE NOT NULL,
  n BIGINT,
  CHECK (account_id > 3 OR TRUE), UNIQUE (account_id, as_of_date, n), PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT account_id, as_of_date, max(n) AS n FROM (
SELECT DISTINCT account_id, as_of_date, CAST(value AS BIGINT) AS n FROM metrics.m0 CROSS JOIN generate_series(1, 2)
) AS rows
WHERE account_id IS NOT NULL AND as_of_date IS NOT NULL GROUP BY account_id, as_of_date
-- sql/metrics/m2.sql
CREATE TABLE metrics.m2 (
  account_id VARCHAR NOT NULL,
  as_of_date DATE NOT NULL,
  n BIGINT,
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT account_id, as_of_date, max(n) AS n FROM (
WITH per AS (SELECT account_id, count(*) AS rows FROM staging.events GROUP BY account_id)
SELECT a.account_id, a.as_of_date, per.rows + a.n AS n FROM metrics.m0 AS a JOIN per ON per.account_id = a.account_id
) AS rows
WHERE account_id IS NOT NULL AND as_of_date IS NOT NULL GROUP BY account_id, as_of_date
-- sql/metrics/m3.sql
SELECT account_id, as_of_date, max(n) AS n FROM (
SELECT DISTINCT account_id, as_of_date, CAST(value AS BIGINT) AS n FROM staging.events CROSS JOIN generate_series(1, 2)
) AS rows
WHERE account_id IS NOT NULL AND as_of_date IS NOT NULL GROUP BY account_id, as_of_date
-- sql/raw/events.sql
CREATE EXTERNAL TABLE raw.events (
  account_id VARCHAR NOT NULL,
  day DATE NOT NULL,
  n BIGINT,
  x DOUBLE
) STORED AS PARQUET LOCATION 'events.parquet' OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '0 days')
-- sql/staging/events.sql
SELECT account_id, day AS as_of_date, n FROM dated.events
