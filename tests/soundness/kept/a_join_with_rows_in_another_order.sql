-- hale.yml
name: t
time_zone: UTC
sources: data
out: out
history_starts: 2026-01-01
parameters: {most: 9, who: a}
-- sql/metrics/m0.sql
CREATE TABLE metrics.m0 (
  account_id VARCHAR NOT NULL,
  as_of_date DATE NOT NULL,
  n BIGINT,
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT e.account_id, d.day AS as_of_date, count(*) AS n
FROM staging.events AS e JOIN calendar.days AS d ON e.as_of_date <= d.day
GROUP BY e.account_id, d.day
-- sql/metrics/m1.sql
CREATE TABLE metrics.m1 (
  account_id VARCHAR NOT NULL,
  as_of_date DATE NOT NULL,
  place BIGINT NOT NULL,
  PRIMARY KEY (as_of_date, place)
) PARTITIONED BY (as_of_date) AS
SELECT account_id, as_of_date, row_number() OVER (PARTITION BY as_of_date ORDER BY account_id DESC) AS place
FROM metrics.m0
-- sql/metrics/m2.sql
CREATE TABLE metrics.m2 (
  account_id VARCHAR NOT NULL,
  as_of_date DATE NOT NULL,
  n BIGINT,
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT a.account_id, a.as_of_date, a.n
FROM metrics.m0 AS a JOIN metrics.m1 AS b ON b.account_id = a.account_id AND b.as_of_date = a.as_of_date
-- sql/raw/events.sql
CREATE EXTERNAL TABLE raw.events (
  account_id VARCHAR NOT NULL,
  day DATE NOT NULL,
  n BIGINT,
  x DOUBLE
) STORED AS PARQUET LOCATION 'events.parquet' OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '0 days')
-- sql/staging/events.sql
SELECT account_id, day AS as_of_date, n FROM dated.events
