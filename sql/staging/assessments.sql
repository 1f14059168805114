-- Judgements on one scale, 1 the worst and 5 the best, each version with the time in which it counts.
--
-- A version counts from when it was both effective and recorded: nobody knew it before. It ends when it expires, when
-- the next version of the same judgement is recorded, or when the judgement that supersedes it counts; NULL is not yet.
CREATE VIEW staging.assessments AS
WITH versions AS (
  SELECT *
  FROM raw.assessments
  -- A version that was delivered twice is one.
  QUALIFY row_number() OVER (
    PARTITION BY assessment_id, recorded_at
    ORDER BY effective_at DESC, account_id, component, value, scale, reason, author_id, expires_at, supersedes_id
  ) = 1
), superseded AS (
  SELECT supersedes_id, min(greatest(effective_at, recorded_at)) AS superseded_at
  FROM versions
  WHERE supersedes_id <> assessment_id
  GROUP BY supersedes_id
)
SELECT
  assessment_id,
  account_id,
  component,
  1 + (value - 1) * 4 / (scale - 1) AS value,
  reason,
  author_id,
  effective_at,
  recorded_at,
  greatest(effective_at, recorded_at) AS counts_from,
  least(
    expires_at,
    superseded.superseded_at,
    -- Versions stand newest first: the least of those before is the next to be recorded.
    min(recorded_at) OVER (
      PARTITION BY assessment_id ORDER BY recorded_at DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
  ) AS ends_at
FROM versions
LEFT JOIN superseded ON superseded.supersedes_id = versions.assessment_id
