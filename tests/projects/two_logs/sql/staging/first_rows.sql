-- Since when the desk's tickets say anything; nothing else is there.
CREATE VIEW staging.first_rows AS
SELECT 'tickets' AS source, local_day(min(opened_at)) AS first_day FROM dated.incidents
UNION ALL
SELECT 'ticket_events', local_day(min(occurred_at)) FROM dated.incident_log
