-- The people who matter at a customer, each version with the days on which it is what we know.
--
-- A version is known from the day on which it was written down until the next one of the same person is; `known_until` is
-- the first day no more, NULL for the newest. Of those written down on one day the last counts.
CREATE VIEW staging.contacts AS
WITH versions AS (
  SELECT *, local_day(recorded_at) AS known_from
  FROM raw.contacts
  QUALIFY row_number() OVER (
    PARTITION BY contact_id, local_day(recorded_at)
    ORDER BY recorded_at DESC, account_id, user_id, role, joined_on, left_on
  ) = 1
)
SELECT
  contact_id,
  account_id,
  user_id,
  role,
  joined_on,
  left_on,
  known_from,
  lag(known_from) OVER (PARTITION BY contact_id ORDER BY known_from DESC) AS known_until
FROM versions
