-- Steps of onboarding, each version with the days on which it counts.
CREATE VIEW staging.onboarding_milestones AS
SELECT
  plan_id,
  milestone_id,
  name,
  is_required,
  due_on,
  completed_on,
  first_day,
  day_after
FROM dated.onboarding_milestones
