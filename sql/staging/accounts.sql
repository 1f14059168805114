-- Customers that are scored, one row per account and version with the days on which it holds. Prospects and our own
-- test accounts are left out, for as long as they are that.
--
-- A version holds from its `valid_from` to the next one's, whenever it was recorded. Where only the row of now is known,
-- it stands for all of the past, `approximate_until` the day it was recorded.
CREATE VIEW staging.accounts AS
SELECT account_id, name, parent_account_id, domain, segment, industry, region, business_model, lifecycle_stage, currency,
       customer_since, first_day, day_after, approximate_until
FROM dated.accounts
WHERE is_customer AND NOT is_test
