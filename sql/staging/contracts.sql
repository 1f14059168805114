-- Contract lines, one row per line and version with the days on which it holds, in the project's currency.
--
-- Versions hold as those of accounts do. Where only the row of now is known, it stands for all of the line's past,
-- `approximate_until` the day it was recorded. Whether the line is in force on one of those days is a matter of its dates
-- (`metrics.line_states`). A version that ends on the day it starts took the line back: while it holds there is no such
-- line.
CREATE VIEW staging.contracts AS
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
  notice_days,
  status = 'cancelled' AS is_cancelled,
  cancel_reason,
  first_day,
  day_after,
  approximate_until
FROM dated.contracts
WHERE end_date IS NULL OR end_date > start_date
