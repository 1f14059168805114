-- What each account wanted to reach with the product and did, as known on each day: the outcome that the customer pays
-- for, beside the signals of how it uses what it pays for.
CREATE TABLE metrics.goals (
  account_id          VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date          DATE NOT NULL, -- at the end of this day
  goals               BIGINT CHECK (goals >= 0), -- goals agreed; NULL where goals are not reported
  goals_attained      BIGINT CHECK (goals_attained BETWEEN 0 AND goals), -- of those, reached
  goals_due           BIGINT CHECK (goals_due BETWEEN 0 AND goals), -- of those, with their day come
  goals_overdue       BIGINT CHECK (goals_overdue BETWEEN 0 AND goals_due), -- of those due, not reached
  goals_attained_share DOUBLE CHECK (goals_attained_share BETWEEN 0 AND 1), -- share of those due that are reached; NULL where none is due
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH spans AS (
  SELECT account_id, 'agreed' AS kind, first_day, coalesce(day_after, DATE '9999-12-31') AS day_after
  FROM staging.goals
  UNION ALL
  SELECT account_id, 'attained', greatest(first_day, achieved_on), coalesce(day_after, DATE '9999-12-31')
  FROM staging.goals
  WHERE achieved_on IS NOT NULL
  UNION ALL
  SELECT account_id, 'due', greatest(first_day, due_on), coalesce(day_after, DATE '9999-12-31')
  FROM staging.goals
  UNION ALL
  SELECT account_id, 'overdue', greatest(first_day, due_on), coalesce(least(day_after, achieved_on), DATE '9999-12-31')
  FROM staging.goals
), log AS (
  SELECT account_id, CASE change WHEN 1 THEN first_day ELSE day_after END AS as_of_date, kind, change, FALSE AS on_spine
  FROM spans
  -- Each span against its two ends, so that what spans are made of is read once.
  CROSS JOIN (VALUES (1), (-1)) AS ends (change)
  WHERE first_day < day_after
  UNION ALL
  SELECT account_id, as_of_date, NULL, 0, TRUE
  FROM metrics.spine
), counts AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    coalesce(sum(change) FILTER (WHERE kind = 'agreed') OVER history, 0) AS agreed,
    coalesce(sum(change) FILTER (WHERE kind = 'attained') OVER history, 0) AS attained,
    coalesce(sum(change) FILTER (WHERE kind = 'due') OVER history, 0) AS due,
    coalesce(sum(change) FILTER (WHERE kind = 'overdue') OVER history, 0) AS overdue
  FROM log
  WINDOW history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
  counts.account_id,
  counts.as_of_date,
  CASE WHEN goals THEN agreed END AS goals,
  CASE WHEN goals THEN attained END AS goals_attained,
  CASE WHEN goals THEN due END AS goals_due,
  CASE WHEN goals THEN overdue END AS goals_overdue,
  CASE WHEN goals THEN CAST(due - overdue AS DOUBLE) / nullif(due, 0) END AS goals_attained_share
FROM metrics.reporting
JOIN counts ON counts.as_of_date = reporting.as_of_date
WHERE on_spine
