-- The purchases as they are: two alike on a day are two purchases. CDs become exact decimals.
CREATE VIEW staging.events AS
SELECT
  account_id,
  user_id,
  event_type,
  feature,
  CAST(quantity AS DECIMAL(18, 4)) AS quantity,
  occurred_at,
  day
FROM dated.events
