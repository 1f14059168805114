-- What each account wanted to reach with the product and did, as of each day: the outcome that the customer pays
-- for, beside the signals of how it uses what it pays for.
CREATE TABLE metrics.goals (
  account_id          VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date          DATE NOT NULL, -- facts as of the end of this day
  goals               BIGINT CHECK (goals >= 0), -- goals agreed; NULL where goals are not reported
  goals_attained      BIGINT CHECK (goals_attained BETWEEN 0 AND goals), -- agreed goals that are reached; NULL where goals are not reported
  goals_due           BIGINT CHECK (goals_due BETWEEN 0 AND goals), -- agreed goals whose day has come; NULL where goals are not reported
  goals_overdue       BIGINT CHECK (goals_overdue BETWEEN 0 AND goals_due), -- agreed goals whose day has come and that are not reached; NULL where goals are not reported
  goals_attained_share DOUBLE CHECK (goals_attained_share BETWEEN 0 AND 1), -- share of the goals whose day has come that are reached; NULL where none is due, or where goals are not reported
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH counts AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    count(goal_id) AS agreed,
    count(goal_id) FILTER (WHERE achieved_on <= spine.as_of_date) AS attained,
    count(goal_id) FILTER (WHERE due_on <= spine.as_of_date) AS due,
    count(goal_id) FILTER (WHERE due_on <= spine.as_of_date AND (achieved_on IS NULL OR spine.as_of_date < achieved_on)) AS overdue
  -- The few goals come first: the engine keeps the left side in memory and lets the right one pass.
  FROM staging.goals
  RIGHT JOIN metrics.spine
    ON spine.account_id = goals.account_id
   AND goals.first_day <= spine.as_of_date
   AND (goals.day_after IS NULL OR spine.as_of_date < goals.day_after)
  GROUP BY spine.account_id, spine.as_of_date
)
SELECT
  account_id,
  as_of_date,
  CASE WHEN reported('goals', as_of_date) THEN agreed END AS goals,
  CASE WHEN reported('goals', as_of_date) THEN attained END AS goals_attained,
  CASE WHEN reported('goals', as_of_date) THEN due END AS goals_due,
  CASE WHEN reported('goals', as_of_date) THEN overdue END AS goals_overdue,
  CASE WHEN reported('goals', as_of_date) THEN CAST(due - overdue AS DOUBLE) / nullif(due, 0) END AS goals_attained_share
FROM counts
