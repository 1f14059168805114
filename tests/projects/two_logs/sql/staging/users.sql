-- Contributors and callers, each with the account as part of the name: one person may write from two domains.
CREATE VIEW staging.users AS
SELECT
  account_id || '/' || user_id AS user_id,
  account_id,
  'member' AS role,
  first_day AS created_on,
  first_day AS activated_on,
  CAST(NULL AS DATE) AS deactivated_on
FROM (
  SELECT account_id, user_id, first_day FROM dated.contributors
  UNION ALL
  SELECT account_id, user_id, first_day FROM dated.callers WHERE user_id <> 'caller-unknown'
)
