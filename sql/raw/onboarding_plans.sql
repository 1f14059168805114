-- How customers are brought into use, one row per plan and version, append-only. A plan is dated by its own days: of its
-- rows the one written down last is true, so that a slip is mended for the past too, and a day of going live taken back.
CREATE EXTERNAL TABLE raw.onboarding_plans (
  plan_id           VARCHAR NOT NULL, -- the plan
  account_id        VARCHAR NOT NULL, -- whose
  started_on        DATE NOT NULL, -- first day
  target_go_live_on DATE NOT NULL, -- the day by which they were to be live
  go_live_on        DATE, -- the day they were; NULL until then
  completed_on      DATE, -- the day the plan ended; NULL until then
  recorded_at       TIMESTAMP NOT NULL -- when this row was written down, UTC
) STORED AS PARQUET
LOCATION 'onboarding_plans.parquet'
OPTIONS ('kind' 'versions', 'key' 'plan_id', 'version' 'plan_id', 'known_at' 'recorded_at', 'optional' 'true')
