-- What people did: each act on a part of the tree, and each call to the desk. Neither log knows how long anything took: a
-- file touched, and a call, stand for ten minutes. Growth, shares and counts do not depend on that number; hours do.
CREATE VIEW staging.events AS
SELECT
  account_id,
  account_id || '/' || user_id AS user_id,
  CAST(NULL AS BIGINT) AS session_id,
  'feature_use' AS event_name,
  feature,
  CAST(quantity AS BIGINT) * 600 AS seconds,
  FALSE AS is_error,
  day
FROM dated.events
UNION ALL
SELECT
  account_id,
  CASE WHEN user_id <> 'caller-unknown' THEN account_id || '/' || user_id END,
  NULL,
  'feature_use',
  category,
  600,
  FALSE,
  day
FROM dated.tickets
