-- hale.yml
name: t
time_zone: UTC
sources: data
out: out
history_starts: 2026-01-01
parameters: {most: 9, who: a}

-- sql/audits/a0.sql
SELECT account_id FROM metrics.m0 WHERE FALSE EXCEPT SELECT account_id FROM metrics.m1
-- sql/metrics/m0.sql
CREATE TABLE metrics.m0 (
  account_id VARCHAR NOT NULL,
  as_of_date DATE NOT NULL,
  n BIGINT,
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT account_id, as_of_date, max(n) AS n FROM staging.events GROUP BY account_id, as_of_date
-- sql/metrics/m1.sql
CREATE TABLE metrics.m1 (
  account_id VARCHAR NOT NULL,
  as_of_date DATE NOT NULL,
  n BIGINT,
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT account_id, as_of_date, count(*) AS n FROM metrics.m0 GROUP BY account_id, as_of_date
-- sql/raw/events.sql
CREATE EXTERNAL TABLE raw.events (
  account_id VARCHAR NOT NULL,
  at TIMESTAMP NOT NULL,
  n BIGINT,
  x DOUBLE
) STORED AS PARQUET LOCATION 'events.parquet' OPTIONS ('kind' 'events', 'happened_at' 'at', 'known_after' '0 days')
-- sql/staging/events.sql
SELECT account_id, day AS as_of_date, n FROM dated.events
