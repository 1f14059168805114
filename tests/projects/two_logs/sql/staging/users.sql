-- Contributors and callers, each with the account as part of the name: one person may write from two domains.
CREATE VIEW staging.users AS
SELECT DISTINCT
  account_id || '/' || user_id AS user_id,
  account_id,
  'member' AS role,
  local_day(created_at) AS created_on,
  local_day(created_at) AS activated_on,
  CAST(NULL AS DATE) AS deactivated_on
FROM (
  SELECT account_id, user_id, created_at FROM raw.contributors
  UNION ALL
  SELECT account_id, user_id, created_at FROM raw.callers WHERE user_id <> 'caller-unknown'
)
