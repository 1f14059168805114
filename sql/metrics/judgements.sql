-- Judgements of owners that hold on at least one day, each with its first day and the day after its last; those of an
-- account do not overlap.
--
-- The newest by its effective time holds, and those before it are over for good: what was thought before comes back
-- neither when it expires nor when it is taken back. One that another takes the place of ends when that one holds. A
-- judgement also ends when the account is handed over after it, since the next owner has not judged yet; not when it comes
-- to the one who judged.
CREATE VIEW metrics.judgements AS
WITH superseded AS (
  SELECT supersedes_id, min(first_day) AS superseded_on
  FROM staging.assessments
  WHERE supersedes_id <> assessment_id
  GROUP BY supersedes_id
), handed_over AS (
  SELECT assessments.assessment_id, min(local_day(hand_overs.handed_over_at)) AS handed_over_on
  FROM staging.assessments
  JOIN staging.hand_overs
    ON hand_overs.account_id = assessments.account_id
   AND hand_overs.handed_over_at > assessments.effective_at
   AND hand_overs.owner_id <> assessments.author_id
  GROUP BY assessments.assessment_id
), judged AS (
  SELECT
    assessments.account_id,
    assessments.value,
    assessments.author_id,
    assessments.reason,
    assessments.first_day AS judged_on,
    assessments.first_day,
    least(
      assessments.day_after,
      superseded.superseded_on,
      handed_over.handed_over_on,
      lag(assessments.first_day) OVER (
        PARTITION BY assessments.account_id ORDER BY assessments.effective_at DESC, assessments.assessment_id DESC
      )
    ) AS day_after
  FROM staging.assessments
  LEFT JOIN superseded ON superseded.supersedes_id = assessments.assessment_id
  LEFT JOIN handed_over ON handed_over.assessment_id = assessments.assessment_id
  WHERE assessments.component = 'csm_pulse'
)
SELECT account_id, value, author_id, reason, judged_on, first_day, day_after
FROM judged
WHERE day_after IS NULL OR first_day < day_after
