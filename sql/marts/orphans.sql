-- Usage by accounts that are not listed as customers: it reaches no score, and somebody should know.
CREATE TABLE marts.orphans (
  account_id VARCHAR NOT NULL PRIMARY KEY, -- as the log has it
  events     BIGINT  NOT NULL CHECK (events > 0), -- events of all time
  first_day  DATE    NOT NULL, -- day of the first
  last_day   DATE    NOT NULL CHECK (last_day >= first_day)  -- day of the last
) AS
SELECT days.account_id, sum(days.events) AS events, min(days.as_of_date) AS first_day, max(days.as_of_date) AS last_day
FROM metrics.account_days AS days
LEFT JOIN staging.accounts ON accounts.account_id = days.account_id
WHERE accounts.account_id IS NULL
GROUP BY days.account_id
