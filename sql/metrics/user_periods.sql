-- From when to when a user is somebody to judge: one row per user and stretch of days.
--
-- A user is in from the day of the invitation and on every day of use, for 90 days after the last of them, and until the
-- seat is taken back. Who has not come for 90 days is no bad user but none: metrics of breadth count that.
CREATE VIEW metrics.user_periods AS
WITH seen AS (
  SELECT user_id, created_on AS day
  FROM staging.users
  UNION
  SELECT events.user_id, events.day
  FROM staging.events
  JOIN staging.users ON users.user_id = events.user_id AND events.day >= users.created_on
), spaced AS (
  SELECT user_id, day, lag(day) OVER (PARTITION BY user_id ORDER BY day) AS day_before
  FROM seen
), numbered AS (
  SELECT
    user_id,
    day,
    sum(CASE WHEN day - day_before < 90 THEN 0 ELSE 1 END) OVER (
      PARTITION BY user_id ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS stretch
  FROM spaced
), stretches AS (
  SELECT user_id, stretch, min(day) AS first_day, max(day) + 90 AS day_after
  FROM numbered
  GROUP BY user_id, stretch
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
JOIN staging.users ON users.user_id = stretches.user_id
WHERE users.deactivated_on IS NULL OR stretches.first_day < users.deactivated_on
