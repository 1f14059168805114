-- Contract lines, one row per line and version with the days on which it counts, in the project's currency.
--
-- Versions count as those of accounts do: from the day on which they were both valid and recorded. Where only the row of
-- now is known, it stands for all of the line's past, `approximate_until` the day it was recorded. Whether the line is in
-- force on one of those days is a matter of its dates. A version that ends on the day it starts took the line back: from
-- the day on which it counts there is no such line.
CREATE VIEW staging.contracts AS
WITH versions AS (
  SELECT
    *,
    coalesce(valid_from, recorded_at) AS holds_from,
    greatest(coalesce(valid_from, recorded_at), recorded_at) AS counts_from
  FROM raw.contracts
  -- A version that was delivered twice is one.
  QUALIFY row_number() OVER (
    PARTITION BY line_id, valid_from, recorded_at
    ORDER BY contract_id, account_id, product_id, plan, quantity, arr, currency, fx_rate, start_date, end_date,
             renewal_date, auto_renew, status, cancel_reason
  ) = 1
), known AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY line_id ORDER BY counts_from, holds_from, recorded_at, valid_from) AS place,
    max(holds_from) OVER (
      PARTITION BY line_id ORDER BY counts_from, holds_from, recorded_at, valid_from
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS newest_before
  FROM versions
), dated AS (
  SELECT
    *,
    CASE WHEN place = 1 AND valid_from IS NULL THEN start_date ELSE local_day(counts_from) END AS first_day,
    CASE WHEN place = 1 AND valid_from IS NULL THEN local_day(recorded_at) END AS approximate_until,
    lag(local_day(counts_from)) OVER (PARTITION BY line_id ORDER BY place DESC) AS day_after
  FROM known
  WHERE newest_before IS NULL OR newest_before <= holds_from
)
SELECT
  contract_id,
  line_id,
  account_id,
  product_id,
  plan,
  quantity AS seats,
  CAST(arr * fx_rate AS DECIMAL(18,2)) AS arr,
  currency,
  start_date,
  end_date,
  renewal_date,
  auto_renew,
  status = 'cancelled' AS is_cancelled,
  cancel_reason,
  first_day,
  day_after,
  approximate_until
FROM dated
WHERE (day_after IS NULL OR first_day < day_after)
  AND (end_date IS NULL OR end_date > start_date)
