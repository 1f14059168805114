-- No event is lost: on every day that was built, each event's account has a row.
SELECT events.account_id, events.day, count(*) AS events
FROM staging.events
LEFT JOIN metrics.accounts
  ON accounts.account_id = events.account_id AND accounts.as_of_date = events.day
WHERE accounts.account_id IS NULL
  AND events.day IN (SELECT DISTINCT as_of_date FROM metrics.accounts)
GROUP BY events.account_id, events.day
