-- The people who matter at a customer, each version with the days on which it counts.
CREATE VIEW staging.contacts AS
SELECT
  contact_id,
  account_id,
  user_id,
  role,
  joined_on,
  left_on,
  first_day,
  day_after
FROM dated.contacts
