-- What customers did for us, each version with the days on which it is what we know.
--
-- A version is known from the day on which it was written down until the next one of the same act is; `known_until` is
-- the first day no more, NULL for the newest. Of those written down on one day the last counts.
CREATE VIEW staging.advocacy AS
WITH versions AS (
  SELECT *, local_day(recorded_at) AS known_from
  FROM raw.advocacy
  QUALIFY row_number() OVER (
    PARTITION BY act_id, local_day(recorded_at)
    ORDER BY recorded_at DESC, account_id, contact_id, type, asked_on, done_on
  ) = 1
)
SELECT
  act_id,
  account_id,
  type,
  asked_on,
  done_on,
  known_from,
  lag(known_from) OVER (PARTITION BY act_id ORDER BY known_from DESC) AS known_until
FROM versions
