-- The event log, each event once: of its deliveries those of the earliest day count, and of these the one that was available
-- last. One that dates the event on a later day than another never counts: the run of the earlier day could not see it, and
-- a backfill must not either. `day` is the day in the project's time zone. Events of accounts that are not listed stay here
-- (marts.orphans counts them); they reach no score, because scores start from the accounts. What our own people did there,
-- helping, is no usage.
CREATE VIEW staging.events AS
WITH delivered AS (
  SELECT account_id, user_id, session_id, event_name, feature, seconds, is_error, local_day(occurred_at) AS day
  FROM raw.events
  QUALIFY row_number() OVER (
    PARTITION BY event_id
    ORDER BY local_day(occurred_at), available_at DESC, account_id, user_id, event_name, feature, seconds, is_error,
             session_id, occurred_at
  ) = 1
)
SELECT account_id, user_id, session_id, event_name, feature, seconds, is_error, day
FROM delivered
WHERE NOT EXISTS (SELECT 1 FROM staging.helpers WHERE helpers.user_id = delivered.user_id)
