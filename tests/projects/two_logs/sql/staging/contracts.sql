-- Nobody pays and nobody signs off: each account is a customer from the first thing seen of it, and for good, for nothing.
CREATE VIEW staging.contracts AS
WITH seen AS (
  SELECT account_id, min(day) AS start_date
  FROM (
    SELECT account_id, first_day AS day FROM dated.domains
    UNION ALL SELECT account_id, day FROM dated.events
    UNION ALL SELECT account_id, first_day FROM dated.locations
    UNION ALL SELECT account_id, day FROM dated.tickets
  )
  GROUP BY account_id
)
SELECT
  account_id AS contract_id,
  account_id AS line_id,
  account_id,
  'open' AS product_id,
  'open' AS plan,
  CAST(0 AS BIGINT) AS seats,
  CAST(0 AS DECIMAL(18,2)) AS arr,
  'USD' AS currency,
  start_date,
  CAST(NULL AS DATE) AS end_date,
  CAST(NULL AS DATE) AS renewal_date,
  FALSE AS auto_renew,
  FALSE AS is_cancelled,
  CAST(NULL AS BIGINT) AS notice_days,
  CAST(NULL AS VARCHAR) AS cancel_reason,
  start_date AS first_day,
  CAST(NULL AS DATE) AS day_after,
  CAST(NULL AS DATE) AS approximate_until
FROM seen
