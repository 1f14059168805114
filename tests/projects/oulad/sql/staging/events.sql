-- The log as it is. One row in twelve repeats another exactly: genuine clicks, so none is dropped.
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
