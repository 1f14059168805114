-- Events with their day.
CREATE VIEW staging.events AS
SELECT account_id, user_id, seconds, local_day(occurred_at) AS day FROM dated.events
