-- How customers are brought into use, each version of a plan with the days on which it counts.
CREATE VIEW staging.onboarding_plans AS
SELECT
  plan_id,
  account_id,
  started_on,
  target_go_live_on,
  go_live_on,
  completed_on,
  first_day,
  day_after
FROM dated.onboarding_plans
