-- Overrides, each version with the time in which it counts: from when it was both effective and recorded, until it
-- expires, is revoked, or the next version of it is recorded.
CREATE VIEW staging.overrides AS
WITH versions AS (
  SELECT *
  FROM raw.overrides
  -- A version that was delivered twice is one.
  QUALIFY row_number() OVER (
    PARTITION BY override_id, recorded_at
    ORDER BY effective_at DESC, account_id, score_name, mode, value, reason, author_id, expires_at, revoked_at
  ) = 1
)
SELECT
  override_id,
  account_id,
  score_name,
  mode,
  value,
  reason,
  author_id,
  effective_at,
  recorded_at,
  expires_at,
  greatest(effective_at, recorded_at) AS counts_from,
  least(
    expires_at,
    revoked_at,
    min(recorded_at) OVER (
      PARTITION BY override_id ORDER BY recorded_at DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
  ) AS ends_at
FROM versions
