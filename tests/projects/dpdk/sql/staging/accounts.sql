-- Every domain that the registry or the log names, alive from the first that was seen of it, and for good: nobody
-- signs off from an open-source project. The log counts as well: it may name a domain that the registry does not, and
-- a commit may have been written long before anybody knew of it.
CREATE VIEW staging.accounts AS
SELECT account_id, min(day) AS first_day
FROM (
  SELECT account_id, first_day AS day FROM dated.accounts
  UNION ALL
  SELECT account_id, day FROM staging.events
)
GROUP BY account_id
