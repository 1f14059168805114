-- The lines as they are. Lines that are alike are genuine (an article twice on one order), so none is dropped. Pieces
-- become exact decimals: sums of doubles would depend on the order of the rows.
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
