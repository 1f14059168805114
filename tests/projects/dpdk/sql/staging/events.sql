-- The log as it is. Rows that are alike stay: nothing in the log says that they are one act.
CREATE VIEW staging.events AS
SELECT
  account_id,
  user_id,
  event_type,
  feature,
  CAST(quantity AS BIGINT) AS quantity,
  occurred_at,
  day
FROM dated.events
