-- Neither log comes with word of its loads: a day with rows of the desk's log was loaded. When it falls silent, tickets are
-- not reported any more, rather than none.
CREATE VIEW staging.loads AS
SELECT sources.source, days.day, days.day AS loaded_through
FROM (SELECT local_day(occurred_at) AS day FROM dated.incident_log GROUP BY local_day(occurred_at)) AS days
CROSS JOIN (VALUES ('tickets'), ('ticket_events')) AS sources (source)
