-- What may be sold to customers, each version with the days on which it holds, as those of accounts do. Where only the row
-- of now is known, it holds from the day it was recorded: what the pipeline looked like before nobody can tell.
CREATE VIEW staging.opportunities AS
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
FROM dated.opportunities
