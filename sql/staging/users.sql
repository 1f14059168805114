-- Users of customers, one row per user and account that it was in; our own people, who help there, are none.
--
-- Who goes over to another account (`raw.user_accounts`) is invited there on the first day, and has no seat any more in the
-- one before.
CREATE VIEW staging.users AS
WITH stays AS (
  SELECT user_id, account_id, first_day, day_after,
         lag(first_day) OVER (PARTITION BY user_id ORDER BY first_day) IS NULL AS is_first
  FROM dated.user_accounts
)
SELECT
  users.user_id,
  coalesce(stays.account_id, users.account_id) AS account_id,
  role,
  CASE WHEN stays.is_first IS FALSE THEN greatest(created_on, stays.first_day) ELSE created_on END AS created_on,
  CASE
    WHEN activated_on >= stays.day_after THEN NULL
    WHEN stays.is_first IS FALSE AND activated_on < stays.first_day THEN stays.first_day
    ELSE activated_on
  END AS activated_on,
  least(deactivated_on, stays.day_after) AS deactivated_on
FROM stays
RIGHT JOIN dated.users ON users.user_id = stays.user_id
WHERE NOT is_internal
