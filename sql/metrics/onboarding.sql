-- How far each account has come into use, as of each day: its stage, the steps done, the users activated.
--
-- With a plan an account is in onboarding until its first required step is done, in implementation until it is live,
-- then live. A plan that nobody ended says nothing any more `plan_lapses_days` after its beginning, neither by its days
-- nor by its steps, and leaves the word to others; should it go live after all, it speaks again from then on. Of several
-- that speak the first to go live counts, and before that the first begun. Without one that says anything an account is
-- in onboarding for its first `onboarding_days`, then live. Depth is required steps done,
-- breadth users activated of the seats, or of the users invited where nothing is sold by seat. The early figures are
-- those of the last of the first `onboarding_days` (of today before that), so that accounts of any age compare.
--
-- The early figures look for that day among all days so far, and are no spans: what was true on it is made of plans that spoke,
-- steps, seats and users, each with its own, and which day it is follows from how old the account was by what was known of it
-- on each day. No source has a span of that, and a span for each account would have to be made of its days.
CREATE TABLE metrics.onboarding (
  account_id               VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date               DATE NOT NULL, -- facts as of the end of this day
  stage                    VARCHAR NOT NULL CHECK (stage IN ('onboarding', 'implementation', 'live')), -- how far the account has come into use: onboarding, implementation or live
  stage_by                 VARCHAR NOT NULL CHECK (stage_by IN ('plan', 'tenure')), -- what says the stage: a plan that speaks, or the account's age where none does
  onboarding_days          BIGINT CHECK (onboarding_days >= 0), -- days from the beginning of the plan until it was live, so far where it is not; NULL without a plan that speaks, since one that nobody ended says nothing any more after `plan_lapses_days`, or where plans are not reported
  onboarding_is_over       BOOLEAN, -- a plan is live, and `onboarding_days` final; NULL without a plan that speaks, or where plans are not reported
  live_since               DATE CHECK (live_since <= as_of_date), -- the day the first plan went live; NULL before that, or where plans are not reported
  milestones_required      BIGINT CHECK (milestones_required >= 0), -- required steps of onboarding, in the plans that speak; NULL where plans or their steps are not reported
  milestones_done          BIGINT CHECK (milestones_done BETWEEN 0 AND milestones_required), -- required steps of onboarding that are done, in the plans that speak; NULL where plans or their steps are not reported
  milestones_stalled       BIGINT CHECK (milestones_stalled BETWEEN 0 AND milestones_required), -- required steps of onboarding past their day and not done, in plans that are under way, which one that nobody ended is for `plan_lapses_days`; NULL where plans or their steps are not reported
  milestones_stalled_28d   BIGINT CHECK (milestones_stalled_28d BETWEEN 0 AND milestones_stalled), -- stalled steps of onboarding whose day was in the last 28; NULL where plans or their steps are not reported
  onboarding_depth         DOUBLE CHECK (onboarding_depth BETWEEN 0 AND 1), -- share of the required steps of onboarding that is done, in the plans that speak; NULL where none is required, or where plans or their steps are not reported
  early_onboarding_depth   DOUBLE CHECK (early_onboarding_depth BETWEEN 0 AND 1), -- share of the required steps of onboarding that was done at the end of the account's first days; NULL where these lie before the data
  users_invited            BIGINT NOT NULL CHECK (users_invited >= 0), -- people who may use the product, ours left out
  users_activated          BIGINT NOT NULL CHECK (users_activated BETWEEN 0 AND users_invited), -- people who may use the product and signed in at least once, ours left out
  onboarding_breadth       DOUBLE CHECK (onboarding_breadth >= 0), -- users activated per seat, else per user invited; NULL with neither
  early_onboarding_breadth DOUBLE CHECK (early_onboarding_breadth >= 0), -- users activated per seat, else per user invited, at the end of the account's first days; NULL where these lie before the data
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
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
  last_value(CASE WHEN stepped AND tenure_days <= $onboarding_days THEN depth END) IGNORE NULLS OVER history AS early_onboarding_depth,
  invited AS users_invited,
  activated AS users_activated,
  breadth AS onboarding_breadth,
  last_value(CASE WHEN tenure_days <= $onboarding_days THEN breadth END) IGNORE NULLS OVER history AS early_onboarding_breadth
FROM shares
WINDOW history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
