-- The log in processor-seconds, which are whole and so add up exactly; a ninth of an hour has no end as a decimal.
CREATE VIEW staging.events AS
SELECT
  account_id,
  user_id,
  event_type,
  feature,
  CAST(round(quantity * 3600) AS BIGINT) AS quantity,
  occurred_at,
  day
FROM dated.events
