-- The event log, each event once. Events of accounts that are not listed stay here (marts.orphans counts them); they
-- reach no score, because scores start from the accounts. What our own people did there, helping, is no usage.
CREATE VIEW staging.events AS
SELECT account_id, user_id, session_id, event_name, feature, seconds, is_error, day
FROM dated.events
WHERE NOT EXISTS (SELECT 1 FROM staging.helpers WHERE helpers.user_id = events.user_id)
