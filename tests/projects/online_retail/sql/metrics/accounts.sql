-- Orders of a customer over 28 days, net of cancellations.
CREATE TABLE metrics.accounts (
  account_id       VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date       DATE    NOT NULL, -- facts as of the end of this day, UTC
  events_28d       BIGINT  NOT NULL CHECK (events_28d >= 0), -- rows of the log
  quantity_28d     DOUBLE  NOT NULL, -- pieces bought less pieces cancelled
  active_days_28d  BIGINT  NOT NULL CHECK (active_days_28d BETWEEN 0 AND 28), -- days with any event
  active_users_28d BIGINT  NOT NULL CHECK (active_users_28d BETWEEN 0 AND events_28d), -- users seen
  features_28d     BIGINT  NOT NULL CHECK (features_28d BETWEEN 0 AND events_28d), -- distinct features
  event_types_28d  BIGINT  NOT NULL CHECK (event_types_28d BETWEEN 0 AND events_28d), -- distinct kinds of event
  last_event_at    TIMESTAMP, -- the latest event of these 28 days; NULL without one
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH log AS (
  SELECT account_id, day AS as_of_date, user_id, event_type, feature, quantity, occurred_at, FALSE AS on_spine
  FROM staging.events
  UNION ALL
  SELECT account_id, as_of_date, NULL, NULL, NULL, NULL, NULL, TRUE
  FROM metrics.spine
), rolling AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    count(event_type) OVER w28 AS events_28d,
    CAST(coalesce(sum(quantity) OVER w28, 0) AS DOUBLE) AS quantity_28d,
    count(DISTINCT as_of_date) FILTER (WHERE event_type IS NOT NULL) OVER w28 AS active_days_28d,
    count(DISTINCT user_id) OVER w28 AS active_users_28d,
    count(DISTINCT feature) OVER w28 AS features_28d,
    count(DISTINCT event_type) OVER w28 AS event_types_28d,
    max(occurred_at) OVER w28 AS last_event_at
  FROM log
  WINDOW w28 AS (PARTITION BY account_id ORDER BY as_of_date
                 RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW)
)
SELECT * EXCLUDE (on_spine)
FROM rolling
WHERE on_spine
