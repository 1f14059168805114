-- From when to when a user is somebody to judge: one row per user, account and stretch of days.
--
-- A user is in from the day of the invitation and on every day of use, for 90 days after the last of them, and until the
-- seat is taken back. Only use for the account counts: who goes over to another one begins there as who was invited. Who has not come for 90 days is no bad user but none: metrics of breadth count that.
CREATE VIEW metrics.user_periods AS
WITH seen AS (
  SELECT user_id, account_id, created_on, created_on AS day
  FROM staging.users
  UNION
  SELECT users.user_id, users.account_id, users.created_on, events.day
  FROM staging.events
  JOIN staging.users
    ON users.user_id = events.user_id
   AND users.account_id = events.account_id
   AND events.day >= users.created_on
   AND (users.deactivated_on IS NULL OR events.day < users.deactivated_on)
), spaced AS (
  SELECT *, lag(day) OVER (PARTITION BY user_id, account_id, created_on ORDER BY day) AS day_before
  FROM seen
), numbered AS (
  SELECT
    user_id,
    account_id,
    created_on,
    day,
    sum(CASE WHEN day - day_before < 90 THEN 0 ELSE 1 END) OVER (
      PARTITION BY user_id, account_id, created_on ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS stretch
  FROM spaced
), stretches AS (
  SELECT user_id, account_id, created_on, stretch, min(day) AS first_day, max(day) + 90 AS day_after
  FROM numbered
  GROUP BY user_id, account_id, created_on, stretch
)
SELECT
  users.user_id,
  users.account_id,
  users.role,
  users.created_on,
  users.activated_on,
  stretches.first_day,
  least(stretches.day_after, users.deactivated_on) AS day_after
FROM stretches
JOIN staging.users
  ON users.user_id = stretches.user_id
 AND users.account_id = stretches.account_id
 AND users.created_on = stretches.created_on
WHERE users.deactivated_on IS NULL OR stretches.first_day < users.deactivated_on
