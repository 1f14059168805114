-- How far each account has come into use, as of each day: its stage, the steps done, the users activated.
--
-- What is of the day is that of `metrics.onboarding_progress`. The early figures are those of the last of the first
-- `onboarding_days` (of today before that), so that accounts of any age compare.
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
WITH days AS (
  SELECT
    account_id,
    as_of_date AS first_day,
    last_value(onboarding_depth) IGNORE NULLS OVER history AS depth,
    last_value(onboarding_breadth) IGNORE NULLS OVER history AS breadth
  FROM metrics.early_onboarding
  WINDOW history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
), early AS (
  -- Of the early days the last one counts, until the next.
  SELECT *, lag(first_day) OVER (PARTITION BY account_id ORDER BY first_day DESC) AS day_after
  FROM days
)
SELECT
  progress.account_id,
  progress.as_of_date,
  progress.stage,
  progress.stage_by,
  progress.onboarding_days,
  progress.onboarding_is_over,
  progress.live_since,
  progress.milestones_required,
  progress.milestones_done,
  progress.milestones_stalled,
  progress.milestones_stalled_28d,
  progress.onboarding_depth,
  early.depth AS early_onboarding_depth,
  progress.users_invited,
  progress.users_activated,
  progress.onboarding_breadth,
  early.breadth AS early_onboarding_breadth
FROM early
RIGHT JOIN metrics.onboarding_progress AS progress
  ON progress.account_id = early.account_id
 AND early.first_day <= progress.as_of_date
 AND (early.day_after IS NULL OR progress.as_of_date < early.day_after)
