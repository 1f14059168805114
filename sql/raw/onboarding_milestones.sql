-- The steps of plans of onboarding, one row per step and version, append-only. A due day changes from when the new one is
-- written down; another day of completion corrects the one before.
CREATE EXTERNAL TABLE raw.onboarding_milestones (
  plan_id      VARCHAR NOT NULL, -- the plan
  milestone_id VARCHAR NOT NULL, -- the step, unique within the plan
  name         VARCHAR NOT NULL, -- for people
  is_required  BOOLEAN NOT NULL, -- the plan is not done without it
  due_on       DATE NOT NULL, -- the day by whose end it is to be done
  completed_on DATE, -- the day it was; NULL until then
  recorded_at  TIMESTAMP NOT NULL -- when this version was written down, UTC
) STORED AS PARQUET
LOCATION 'onboarding_milestones.parquet'
OPTIONS ('kind' 'versions', 'key' 'plan_id, milestone_id', 'known_at' 'recorded_at', 'begins_at' 'completed_on',
         'fixed' 'name, completed_on', 'optional' 'true')
