-- Every customer has a row on the days that were built: none is lost on the way.
SELECT spine.account_id, spine.as_of_date
FROM metrics.spine
LEFT JOIN metrics.accounts
  ON accounts.account_id = spine.account_id AND accounts.as_of_date = spine.as_of_date
WHERE accounts.account_id IS NULL
  AND spine.as_of_date IN (SELECT DISTINCT as_of_date FROM metrics.accounts)
