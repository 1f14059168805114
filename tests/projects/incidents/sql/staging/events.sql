-- The log as it is. A state whose name is no word (ticket_-100) is a state like any other; a change without a category
-- is an event that touches no feature.
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
