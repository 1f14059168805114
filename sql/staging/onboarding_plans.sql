-- How customers are brought into use, each plan once, with its days.
CREATE VIEW staging.onboarding_plans AS
SELECT
  plan_id,
  account_id,
  started_on,
  target_go_live_on,
  go_live_on,
  completed_on
FROM dated.onboarding_plans
