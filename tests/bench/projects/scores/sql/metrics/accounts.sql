-- What the scores of the benchmark read: eleven rolling sums, the segment and the tenure of each account and day.
CREATE TABLE metrics.accounts (
  account_id  VARCHAR NOT NULL,
  as_of_date  DATE    NOT NULL,
  segment     VARCHAR NOT NULL,
  tenure_days BIGINT  NOT NULL,
  events_28d BIGINT NOT NULL,
  seconds_28d BIGINT NOT NULL,
  logins_28d BIGINT NOT NULL,
  uses_28d BIGINT NOT NULL,
  views_28d BIGINT NOT NULL,
  calls_28d BIGINT NOT NULL,
  errors_28d BIGINT NOT NULL,
  users_28d BIGINT NOT NULL,
  sessions_28d BIGINT NOT NULL,
  features_28d BIGINT NOT NULL,
  longest_28d BIGINT NOT NULL,
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  account_id,
  as_of_date,
  CASE
    WHEN right(account_id, 1) IN ('0', '1', '2') THEN 'ENT'
    WHEN right(account_id, 1) IN ('3', '4', '5', '6') THEN 'MM'
    ELSE 'SMB'
  END AS segment,
  count(*) OVER days AS tenure_days,
  sum(events) OVER w28 AS events_28d,
  sum(seconds) OVER w28 AS seconds_28d,
  sum(logins) OVER w28 AS logins_28d,
  sum(uses) OVER w28 AS uses_28d,
  sum(views) OVER w28 AS views_28d,
  sum(calls) OVER w28 AS calls_28d,
  sum(errors) OVER w28 AS errors_28d,
  sum(users) OVER w28 AS users_28d,
  sum(sessions) OVER w28 AS sessions_28d,
  sum(features) OVER w28 AS features_28d,
  sum(longest) OVER w28 AS longest_28d
FROM staging.account_days
WINDOW
  days AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
  w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW)
