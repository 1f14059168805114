-- Customers that are scored, one row per account and version with the days on which it counts. Prospects and our own
-- test accounts are left out, for as long as they are that.
--
-- A version counts from the day on which it was both valid and recorded: nobody knew it before. One that is recorded
-- later for a time that a newer one has since taken over never counts. Of two of one day the later recorded counts.
-- Where only the row of now is known, it stands for all of the past, `approximate_until` the day it was recorded.
CREATE VIEW staging.accounts AS
WITH versions AS (
  SELECT
    *,
    coalesce(valid_from, recorded_at) AS holds_from,
    greatest(coalesce(valid_from, recorded_at), recorded_at) AS counts_from
  FROM raw.accounts
  -- A version that was delivered twice is one.
  QUALIFY row_number() OVER (
    PARTITION BY account_id, valid_from, recorded_at
    ORDER BY name, segment, is_customer DESC, is_test, parent_account_id, industry, region, business_model,
             lifecycle_stage, currency, customer_since, domain
  ) = 1
), known AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY account_id ORDER BY counts_from, holds_from, recorded_at, valid_from) AS place,
    max(holds_from) OVER (
      PARTITION BY account_id ORDER BY counts_from, holds_from, recorded_at, valid_from
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS newest_before
  FROM versions
), dated AS (
  SELECT
    *,
    CASE WHEN place = 1 AND valid_from IS NULL THEN DATE '0001-01-01' ELSE local_day(counts_from) END AS first_day,
    CASE WHEN place = 1 AND valid_from IS NULL THEN local_day(recorded_at) END AS approximate_until,
    lag(local_day(counts_from)) OVER (PARTITION BY account_id ORDER BY place DESC) AS day_after
  FROM known
  WHERE newest_before IS NULL OR newest_before <= holds_from
)
SELECT account_id, name, parent_account_id, domain, segment, industry, region, business_model, lifecycle_stage, currency,
       customer_since, first_day, day_after, approximate_until
FROM dated
WHERE is_customer AND NOT is_test
  AND (day_after IS NULL OR first_day < day_after)
