-- No event is lost: each event's account has a row on its day.
SELECT events.account_id, events.day AS as_of_date, count(*) AS events
FROM staging.events
LEFT JOIN metrics.accounts
  ON accounts.account_id = events.account_id AND accounts.as_of_date = events.day
WHERE accounts.account_id IS NULL
GROUP BY events.account_id, events.day
