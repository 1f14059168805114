-- Overrides, each with the days on which it holds: from its effective day until it expires or is revoked.
CREATE VIEW staging.overrides AS
SELECT
  override_id,
  account_id,
  score_name,
  mode,
  value,
  reason,
  author_id,
  effective_at,
  expires_at,
  first_day,
  least(day_after, local_day(revoked_at)) AS day_after
FROM dated.overrides
