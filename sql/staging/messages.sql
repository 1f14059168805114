-- What customers wrote to us, each message once as it was available last; what we wrote to them is left out.
CREATE VIEW staging.messages AS
WITH latest AS (
  SELECT *
  FROM raw.messages
  QUALIFY row_number() OVER (
    PARTITION BY message_id
    ORDER BY sent_at, available_at DESC, account_id, user_id, channel, direction, sentiment
  ) = 1
)
SELECT
  message_id,
  account_id,
  user_id,
  channel,
  CAST(sentiment AS DECIMAL(9,6)) AS sentiment,
  local_day(sent_at) AS day
FROM latest
WHERE direction = 'in'
