-- Every customer has a row on each day of the run: no row and no whole day is lost on the way.
SELECT spine.account_id, spine.as_of_date
FROM metrics.spine
LEFT JOIN metrics.accounts
  ON accounts.account_id = spine.account_id AND accounts.as_of_date = spine.as_of_date
WHERE accounts.account_id IS NULL
