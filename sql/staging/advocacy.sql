-- What customers did for us, each act once, with the days on which it was asked for and done.
CREATE VIEW staging.advocacy AS
SELECT act_id, account_id, type, asked_on, done_on
FROM dated.advocacy
