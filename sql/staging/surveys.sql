-- Questions sent and answers given, one row per question and answer; `answered_on` is NULL in the row of a question.
--
-- `respondent` is the person, or the question itself where nobody says who was asked. `rating` is the answer as a share of
-- the best one, 1: of the way from the worst answer, 0; but for net promoter scores of its number, so that 9 of 10 is
-- 0.9 whether the scale begins at 0 or at 1.
CREATE VIEW staging.surveys AS
SELECT
  response_id,
  account_id,
  coalesce(user_id, response_id) AS respondent,
  survey_type,
  CAST(CASE
    WHEN survey_type = 'nps' THEN (score - least(scale_min, 0)) / (scale_max - least(scale_min, 0))
    ELSE (score - scale_min) / (scale_max - scale_min)
  END AS DECIMAL(9,6)) AS rating,
  responded_at,
  local_day(sent_at) AS asked_on,
  local_day(responded_at) AS answered_on
FROM dated.surveys
