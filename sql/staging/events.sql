-- The event log, each event once: of several deliveries the one that was available last counts. One that dates the
-- event later than another never counts: the run of the earlier day could not see it, and a backfill must not either.
-- `day` is the day in the project's time zone. Events of accounts that are not listed stay here (marts.orphans counts
-- them); they reach no score, because scores start from the accounts. What our own people did there, helping, is no usage.
CREATE VIEW staging.events AS
WITH latest AS (
  SELECT account_id, user_id, session_id, event_name, feature, seconds, is_error, occurred_at
  FROM raw.events
  WHERE EXISTS (SELECT 1 FROM staging.redelivered WHERE redelivered.event_id = events.event_id)
  QUALIFY row_number() OVER (
    PARTITION BY event_id
    ORDER BY occurred_at, available_at DESC, account_id, user_id, event_name, feature, seconds, is_error,
             session_id
  ) = 1
)
SELECT account_id, user_id, session_id, event_name, feature, seconds, is_error, local_day(occurred_at) AS day
FROM raw.events
WHERE NOT EXISTS (SELECT 1 FROM staging.redelivered WHERE redelivered.event_id = events.event_id)
  AND NOT EXISTS (SELECT 1 FROM staging.helpers WHERE helpers.user_id = events.user_id)
UNION ALL
SELECT account_id, user_id, session_id, event_name, feature, seconds, is_error, local_day(occurred_at) AS day
FROM latest
WHERE NOT EXISTS (SELECT 1 FROM staging.helpers WHERE helpers.user_id = latest.user_id)
