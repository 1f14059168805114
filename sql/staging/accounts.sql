-- Customers that are scored, one row per account and version with the days on which it holds. Prospects and our own
-- test accounts are left out, for as long as they are that.
--
-- A version holds from its `valid_from` to the next one's, whenever it was recorded. Where only the row of now is known,
-- it stands for all of the past, `approximate_until` the day it was recorded. An account that goes on in another one
-- (`raw.account_merges`) ends on the day it was merged, whatever is said of it later: it has not churned.
CREATE VIEW staging.accounts AS
SELECT
  accounts.account_id,
  name,
  parent_account_id,
  domain,
  segment,
  industry,
  region,
  business_model,
  lifecycle_stage,
  currency,
  customer_since,
  first_day,
  least(day_after, merges.merged_on) AS day_after,
  approximate_until
FROM (SELECT account_id, merged_on FROM dated.account_merges) AS merges
RIGHT JOIN dated.accounts ON accounts.account_id = merges.account_id
WHERE is_customer AND NOT is_test AND (merges.merged_on IS NULL OR first_day < merges.merged_on)
