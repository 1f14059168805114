-- What still names an account that went on in another one, on each day from then on: lines in force, users with a seat,
-- invoices sent, tickets opened and business under discussion. They belong to the survivor, and count for nobody.
--
-- The log is left out: events of the old name are as good as lost too, but whoever sends them is a user here.
WITH named AS (
  SELECT 'contract line' AS what, line_id AS id, account_id, first_day, day_after
  FROM metrics.contract_lines
  WHERE state IN ('in_force', 'overdue')
  UNION ALL
  SELECT 'user', user_id, account_id, created_on, deactivated_on
  FROM staging.users
  UNION ALL
  SELECT 'invoice', invoice_id, account_id, issued_on, issued_on + 1
  FROM staging.invoices
  UNION ALL
  SELECT 'ticket', ticket_id, account_id, day, day + 1
  FROM staging.tickets
  WHERE first_day = day
  UNION ALL
  SELECT 'opportunity', opportunity_id, account_id, first_day, day_after
  FROM staging.opportunities
  WHERE is_open
)
SELECT DISTINCT
  'warn' AS severity,
  days.day AS as_of_date,
  named.account_id,
  survivors.survivor_id,
  named.what,
  named.id
FROM metrics.survivors
JOIN named ON named.account_id = survivors.account_id
JOIN calendar.days
  ON days.day >= survivors.first_day
 AND days.day < survivors.day_after
 AND named.first_day <= days.day
 AND (named.day_after IS NULL OR days.day < named.day_after)
