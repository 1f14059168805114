-- Meetings with customers, each version with the days on which it is what we know.
--
-- A version is known from the day on which it was written down until the next one of the same meeting is; `known_until` is
-- the first day no more, NULL for the newest. Of those written down on one day the last counts.
CREATE VIEW staging.interactions AS
WITH versions AS (
  SELECT *, local_day(recorded_at) AS known_from
  FROM raw.interactions
  QUALIFY row_number() OVER (
    PARTITION BY interaction_id, local_day(recorded_at)
    ORDER BY recorded_at DESC, account_id, type, owner_id, contact_id, scheduled_at, held_at, no_show, exec_present
  ) = 1
)
SELECT
  interaction_id,
  account_id,
  type,
  contact_id,
  no_show,
  exec_present,
  local_day(scheduled_at) AS scheduled_on,
  local_day(held_at) AS held_on,
  known_from,
  lag(known_from) OVER (PARTITION BY interaction_id ORDER BY known_from DESC) AS known_until
FROM versions
