-- Every location that the registry or the log names, alive from its first ticket on, and for good: a location without
-- tickets is a quiet one.
CREATE VIEW staging.accounts AS
SELECT account_id, min(day) AS first_day
FROM (
  SELECT account_id, first_day AS day FROM dated.accounts
  UNION ALL
  SELECT account_id, day FROM staging.events
)
GROUP BY account_id
