-- Questions sent, each once, with the answer where there is one: of several answers the one available last counts.
--
-- `rating` is the answer as a share of its scale: 0 the worst, 1 the best.
CREATE VIEW staging.surveys AS
SELECT
  response_id,
  account_id,
  survey_type,
  CAST((score - scale_min) / (scale_max - scale_min) AS DECIMAL(9,6)) AS rating,
  responded_at,
  local_day(sent_at) AS asked_on,
  local_day(responded_at) AS answered_on
FROM raw.surveys
QUALIFY row_number() OVER (
  PARTITION BY response_id
  ORDER BY responded_at IS NULL, available_at DESC, responded_at, sent_at, account_id, survey_type, score,
           scale_min, scale_max
) = 1
