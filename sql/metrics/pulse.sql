-- Each row of the spine with the judgement that holds at the end of that day; NULL where none does.
CREATE VIEW metrics.pulse AS
SELECT
  spine.account_id,
  spine.as_of_date,
  spine.segment,
  spine.tenure_days,
  judgements.value AS csm_pulse,
  spine.as_of_date - judgements.judged_on AS csm_pulse_age_days,
  judgements.author_id AS csm_pulse_author,
  judgements.reason AS csm_pulse_reason
-- The few judgements come first: the engine keeps the left side in memory and lets the right one pass.
FROM metrics.judgements
RIGHT JOIN metrics.spine
  ON spine.account_id = judgements.account_id
 AND spine.as_of_date >= judgements.first_day
 AND spine.as_of_date < coalesce(judgements.day_after, DATE '9999-12-31')
