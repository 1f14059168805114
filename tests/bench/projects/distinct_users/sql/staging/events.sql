-- Events with their day.
CREATE VIEW staging.events AS
SELECT account_id, user_id, seconds, day FROM dated.events
