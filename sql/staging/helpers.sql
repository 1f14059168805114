-- Our own people who are users at customers.
CREATE VIEW staging.helpers AS
SELECT user_id
FROM dated.users
WHERE is_internal
