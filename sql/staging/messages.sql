-- What customers wrote to us; what we wrote to them is left out.
CREATE VIEW staging.messages AS
SELECT message_id, account_id, user_id, channel, CAST(sentiment AS DECIMAL(9,6)) AS sentiment, day
FROM dated.messages
WHERE direction = 'in'
