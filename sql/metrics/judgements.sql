-- Judgements of owners that hold on at least one day, each with its first day and the day after its last; those of an
-- account do not overlap.
--
-- The newest by its effective time holds, and those before it are over for good: what was thought before comes back
-- neither when it expires nor when it is taken back. A judgement also ends when the account is handed over after it,
-- since the next owner has not judged yet; not when it comes to the one who judged.
CREATE VIEW metrics.judgements AS
WITH handed_over AS (
  SELECT assessments.assessment_id, assessments.recorded_at, min(hand_overs.handed_over_at) AS handed_over_at
  FROM staging.assessments
  JOIN staging.hand_overs
    ON hand_overs.account_id = assessments.account_id
   AND hand_overs.handed_over_at > assessments.effective_at
   AND hand_overs.owner_id <> assessments.author_id
  GROUP BY assessments.assessment_id, assessments.recorded_at
), judged AS (
  SELECT
    assessments.account_id,
    assessments.value,
    assessments.author_id,
    assessments.reason,
    local_day(assessments.effective_at) AS judged_on,
    local_day(assessments.counts_from) AS first_day,
    local_day(least(
      assessments.ends_at,
      handed_over.handed_over_at,
      -- Judgements stand newest first: the least of those before is when the next one counts.
      min(assessments.counts_from) OVER (
        PARTITION BY assessments.account_id
        ORDER BY assessments.effective_at DESC, assessments.recorded_at DESC, assessments.assessment_id DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      )
    )) AS day_after
  FROM staging.assessments
  LEFT JOIN handed_over
    ON handed_over.assessment_id = assessments.assessment_id
   AND handed_over.recorded_at = assessments.recorded_at
  WHERE assessments.component = 'csm_pulse'
)
SELECT account_id, value, author_id, reason, judged_on, first_day, day_after
FROM judged
WHERE day_after IS NULL OR first_day < day_after
