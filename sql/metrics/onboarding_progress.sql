-- How far each account has come into use, as of each day and by what is known of that day alone: its stage, the steps done, the
-- users activated.
--
-- With a plan an account is in onboarding until its first required step is done, in implementation until it is live,
-- then live. A plan that nobody ended says nothing any more `plan_lapses_days` after its beginning, neither by its days
-- nor by its steps, and leaves the word to others; should it go live after all, it speaks again from then on. Of several
-- that speak the first to go live counts, and before that the first begun. Without one that says anything an account is
-- in onboarding for its first `onboarding_days`, then live. Depth is required steps done,
-- breadth users activated of the seats, or of the users invited where nothing is sold by seat.
CREATE VIEW metrics.onboarding_progress AS
WITH plans AS (
  SELECT plan_id, account_id, started_on, coalesce(go_live_on, completed_on) AS live_on
  FROM staging.onboarding_plans
), parts AS (
  -- A plan speaks while it is under way, for so many days at most, and from the day it is live on.
  SELECT plan_id, account_id, FALSE AS is_live, started_on, live_on, started_on AS first_day,
         least(live_on, started_on + CAST($plan_lapses_days AS BIGINT)) AS day_after
  FROM plans
  UNION ALL
  SELECT plan_id, account_id, TRUE, started_on, live_on, greatest(live_on, started_on), CAST(NULL AS DATE)
  FROM plans
  WHERE live_on IS NOT NULL
), spans AS (
  SELECT account_id, TRUE AS is_plan, is_live, started_on, live_on, CAST(NULL AS DATE) AS due_on, CAST(NULL AS DATE) AS completed_on,
         first_day, day_after
  FROM parts
  UNION ALL
  SELECT parts.account_id, FALSE, parts.is_live, NULL, NULL, steps.due_on, steps.completed_on,
         greatest(steps.first_day, parts.first_day), least(steps.day_after, parts.day_after)
  FROM staging.onboarding_milestones AS steps
  JOIN parts ON parts.plan_id = steps.plan_id
  WHERE steps.is_required
), progress AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    count(is_plan) FILTER (WHERE is_plan) AS plans,
    count(is_plan) FILTER (WHERE is_plan AND is_live) AS live,
    min(started_on) AS started_on,
    min(live_on) FILTER (WHERE is_plan AND is_live) AS live_on,
    first_value(greatest(live_on - started_on, 0) ORDER BY live_on, started_on DESC) FILTER (WHERE is_plan AND is_live) AS days_to_live,
    count(is_plan) FILTER (WHERE NOT is_plan) AS required,
    count(is_plan) FILTER (WHERE NOT is_plan AND completed_on <= spine.as_of_date) AS done,
    count(is_plan) FILTER (WHERE NOT is_plan AND NOT is_live AND due_on < spine.as_of_date
      AND (completed_on IS NULL OR spine.as_of_date < completed_on)) AS stalled,
    count(is_plan) FILTER (WHERE NOT is_plan AND NOT is_live AND spine.as_of_date - due_on BETWEEN 1 AND 28
      AND (completed_on IS NULL OR spine.as_of_date < completed_on)) AS stalled_28d
  -- The few plans and steps come first: the engine keeps the left side in memory and lets the right one pass.
  FROM spans
  RIGHT JOIN metrics.spine
    ON spine.account_id = spans.account_id
   AND spans.first_day <= spine.as_of_date
   AND (spans.day_after IS NULL OR spine.as_of_date < spans.day_after)
  GROUP BY spine.account_id, spine.as_of_date
), people AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    spine.tenure_days,
    count(user_id) AS invited,
    count(user_id) FILTER (WHERE activated_on <= spine.as_of_date) AS activated
  -- The few users come first: the engine keeps the left side in memory and lets the right one pass.
  FROM staging.users
  RIGHT JOIN metrics.spine
    ON spine.account_id = users.account_id
   AND users.created_on <= spine.as_of_date
   AND (users.deactivated_on IS NULL OR spine.as_of_date < users.deactivated_on)
  GROUP BY spine.account_id, spine.as_of_date, spine.tenure_days
), shares AS (
  SELECT
    people.*,
    progress.* EXCLUDE (account_id, as_of_date),
    reported('onboarding_plans', people.as_of_date) AND plans > 0 AS planned,
    reported('onboarding_plans', people.as_of_date) AND reported('onboarding_milestones', people.as_of_date) AS stepped,
    CAST(done AS DOUBLE) / nullif(required, 0) AS depth,
    CAST(activated AS DOUBLE) / coalesce(nullif(contracts.seats, 0), nullif(invited, 0)) AS breadth
  FROM people
  JOIN progress ON progress.account_id = people.account_id AND progress.as_of_date = people.as_of_date
  JOIN metrics.contracts AS contracts ON contracts.account_id = people.account_id AND contracts.as_of_date = people.as_of_date
)
SELECT
  account_id,
  as_of_date,
  tenure_days,
  CASE
    WHEN planned AND live > 0 THEN 'live'
    WHEN planned AND stepped AND done > 0 THEN 'implementation'
    WHEN planned OR tenure_days <= $onboarding_days THEN 'onboarding'
    ELSE 'live'
  END AS stage,
  CASE WHEN planned THEN 'plan' ELSE 'tenure' END AS stage_by,
  CASE WHEN planned THEN CASE WHEN live > 0 THEN days_to_live ELSE as_of_date - started_on END END AS onboarding_days,
  CASE WHEN planned THEN live > 0 END AS onboarding_is_over,
  CASE WHEN planned AND live > 0 THEN live_on END AS live_since,
  CASE WHEN stepped THEN required END AS milestones_required,
  CASE WHEN stepped THEN done END AS milestones_done,
  CASE WHEN stepped THEN stalled END AS milestones_stalled,
  CASE WHEN stepped THEN stalled_28d END AS milestones_stalled_28d,
  CASE WHEN stepped THEN depth END AS onboarding_depth,
  invited AS users_invited,
  activated AS users_activated,
  breadth AS onboarding_breadth
FROM shares
