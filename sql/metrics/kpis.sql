-- Figures of one's own that come by day already, as of each day. To add one: a column here, its sum or its level over
-- the rows of that metric, and its line in `metrics.accounts`. A figure that nobody ever reported is unknown, and not 0.
CREATE TABLE metrics.kpis (
  account_id           VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date           DATE NOT NULL, -- facts as of the end of this day
  storage_gb           DOUBLE, -- gigabytes stored: the last figure of seven days; NULL without one, or where figures are not reported
  storage_gb_28d_ago   DOUBLE, -- gigabytes stored 28 days before: the last figure of the seven days up to then; NULL without one
  storage_growth_28d   DOUBLE, -- share by which gigabytes stored grew in 28 days; NULL without a figure above 0 then, or where another account went on in it since
  campaigns_28d        DOUBLE, -- campaigns sent in 28 days; NULL before the first figure of any account: what nobody ever reported is unknown, and of who has no row after that it is 0; NULL while another account has gone on in it for less than 28 days
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH log AS (
  SELECT account_id, day AS as_of_date, metric, value, FALSE AS on_spine, CAST(NULL AS BIGINT) AS joined_days
  FROM staging.usage_daily
  UNION ALL
  SELECT account_id, as_of_date, NULL, NULL, TRUE, joined_days
  FROM metrics.spine
), begun AS (
  SELECT min(day) AS first_day
  FROM staging.usage_daily
  WHERE metric = 'campaigns_sent'
), rolling AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    joined_days,
    last_value(CASE WHEN metric = 'storage_gb' THEN value END) IGNORE NULLS OVER w7 AS storage,
    last_value(CASE WHEN metric = 'storage_gb' THEN value END) IGNORE NULLS OVER before7 AS storage_before,
    coalesce(sum(value) FILTER (WHERE metric = 'campaigns_sent') OVER w28, 0) AS campaigns
  FROM log
  WINDOW
    w7 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW),
    before7 AS (PARTITION BY account_id ORDER BY as_of_date
                RANGE BETWEEN INTERVAL '34' DAY PRECEDING AND INTERVAL '28' DAY PRECEDING),
    w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW)
)
SELECT
  rolling.account_id,
  rolling.as_of_date,
  CASE WHEN reported('usage_daily', rolling.as_of_date) THEN CAST(storage AS DOUBLE) END AS storage_gb,
  CASE WHEN reported('usage_daily', rolling.as_of_date) THEN CAST(storage_before AS DOUBLE) END AS storage_gb_28d_ago,
  CASE WHEN reported('usage_daily', rolling.as_of_date) AND coalesce(joined_days >= 35, TRUE) THEN CAST(storage AS DOUBLE) / CASE WHEN storage_before > 0 THEN CAST(storage_before AS DOUBLE) END - 1 END AS storage_growth_28d,
  CASE WHEN reported('usage_daily', rolling.as_of_date) AND begun.first_day <= rolling.as_of_date AND coalesce(joined_days >= 28, TRUE) THEN CAST(campaigns AS DOUBLE) END AS campaigns_28d
FROM begun
CROSS JOIN rolling
WHERE on_spine
