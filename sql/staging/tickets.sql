-- Requests for support; `day` is the day of the opening.
CREATE VIEW staging.tickets AS
SELECT ticket_id, account_id, user_id, type, severity, created_at, day
FROM dated.tickets
