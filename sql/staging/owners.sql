-- Which owner, our customer success manager (CSM), looks after an account on which days: from the day the account came to them until the day it left, or
-- came to the next one though nobody wrote down that it left. `day_after` is the first day no more; NULL is not yet.
CREATE VIEW staging.owners AS
WITH held AS (
  SELECT account_id, owner_id, local_day(start_at) AS first_day, local_day(end_at) AS last_day
  FROM raw.account_owners
  WHERE role = 'csm'
  -- Of those who got it on one day the last has it.
  QUALIFY row_number() OVER (
    PARTITION BY account_id, local_day(start_at)
    ORDER BY start_at DESC, end_at DESC, owner_id
  ) = 1
), ended AS (
  SELECT
    account_id,
    owner_id,
    first_day,
    least(last_day, lag(first_day) OVER (PARTITION BY account_id ORDER BY first_day DESC)) AS day_after
  FROM held
)
SELECT account_id, owner_id, first_day, day_after
FROM ended
WHERE day_after IS NULL OR first_day < day_after
