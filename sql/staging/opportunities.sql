-- What may be sold to customers, each version with the days on which it counts: from the day on which it was both valid
-- and recorded, as versions of accounts do. Where only the row of now is known, it counts from the day it was recorded:
-- what the pipeline looked like before nobody can tell.
CREATE VIEW staging.opportunities AS
WITH versions AS (
  SELECT
    *,
    coalesce(valid_from, recorded_at) AS holds_from,
    greatest(coalesce(valid_from, recorded_at), recorded_at) AS counts_from
  FROM raw.opportunities
  -- A version that was delivered twice is one.
  QUALIFY row_number() OVER (
    PARTITION BY opportunity_id, valid_from, recorded_at
    ORDER BY account_id, type, stage, amount_arr, probability, forecast_category, created_on, expected_close_on, closed_on, is_won
  ) = 1
), known AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY opportunity_id ORDER BY counts_from, holds_from, recorded_at, valid_from) AS place,
    max(holds_from) OVER (
      PARTITION BY opportunity_id ORDER BY counts_from, holds_from, recorded_at, valid_from
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS newest_before
  FROM versions
), dated AS (
  SELECT
    *,
    local_day(counts_from) AS first_day,
    lag(local_day(counts_from)) OVER (PARTITION BY opportunity_id ORDER BY place DESC) AS day_after
  FROM known
  WHERE newest_before IS NULL OR newest_before <= holds_from
)
SELECT
  opportunity_id,
  account_id,
  type,
  stage,
  amount_arr,
  probability,
  forecast_category,
  created_on,
  expected_close_on,
  closed_on,
  is_won,
  closed_on IS NULL AS is_open,
  first_day,
  day_after
FROM dated
WHERE day_after IS NULL OR first_day < day_after
