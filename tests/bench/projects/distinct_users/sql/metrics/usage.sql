-- Rolling events, seconds and distinct users from the raw log: events and one empty row per account and day lie side
-- by side under the window, and only the empty rows come out.
CREATE TABLE metrics.usage (
  account_id  VARCHAR NOT NULL,
  as_of_date  DATE    NOT NULL,
  events_28d  BIGINT  NOT NULL,
  seconds_28d BIGINT  NOT NULL,
  users_28d   BIGINT  NOT NULL,
  PRIMARY KEY (account_id, as_of_date)
) AS
WITH log AS (
  SELECT account_id, day AS as_of_date, user_id, seconds, FALSE AS on_spine FROM staging.events
  UNION ALL
  SELECT account_id, days.day, NULL, NULL, TRUE FROM staging.accounts CROSS JOIN calendar.days
), rolling AS (
  SELECT
    account_id,
    as_of_date,
    on_spine,
    count(seconds) OVER w28 AS events_28d,
    coalesce(sum(seconds) OVER w28, 0) AS seconds_28d,
    count(DISTINCT user_id) OVER w28 AS users_28d
  FROM log
  WINDOW w28 AS (PARTITION BY account_id ORDER BY as_of_date
                 RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW)
)
SELECT * EXCLUDE (on_spine) FROM rolling WHERE on_spine
