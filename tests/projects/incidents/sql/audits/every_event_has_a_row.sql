-- No event is lost: from the first day that was built to the last of the run, each event's account has a row on its day.
SELECT events.account_id, events.day, count(*) AS events
FROM staging.events
LEFT JOIN metrics.accounts
  ON accounts.account_id = events.account_id AND accounts.as_of_date = events.day
WHERE accounts.account_id IS NULL
  AND events.day >= coalesce((SELECT min(as_of_date) FROM metrics.accounts), (SELECT max(day) FROM calendar.days))
GROUP BY events.account_id, events.day
