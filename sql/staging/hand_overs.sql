-- When an account came to another customer success manager than before; of those who got it on one day, the last. The
-- first one takes over from nobody.
CREATE VIEW staging.hand_overs AS
WITH held AS (
  SELECT account_id, owner_id, start_at,
         lag(owner_id) OVER (PARTITION BY account_id ORDER BY first_day) AS previous_owner_id
  FROM dated.account_owners
  WHERE role = 'csm'
)
SELECT account_id, owner_id, start_at AS handed_over_at
FROM held
WHERE owner_id <> previous_owner_id
