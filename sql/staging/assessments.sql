-- Judgements on one scale, 1 the worst and 5 the best, each with the days on which it holds: from its effective day until
-- it expires.
CREATE VIEW staging.assessments AS
SELECT
  assessment_id,
  account_id,
  component,
  1 + (value - 1) * 4 / (scale - 1) AS value,
  reason,
  author_id,
  supersedes_id,
  effective_at,
  first_day,
  day_after
FROM dated.assessments
