-- What the people of each account answered when asked, as of each day.
--
-- Net promoter score (Reichheld, 2003): promoters (9 and 10 of 10) less detractors (up to 6), in points of a hundred
-- respondents. Answers are read by their number, as a share of the best: on scales from 0 and from 1 to 10 alike 9 and 10
-- promote, and of five only 5 does, with 4 passive. A person who answers again has one answer, the last. Satisfaction
-- (CSAT): the satisfied gave at least three quarters of the way from the worst to the best, the upper two of five. A
-- response rate is of the questions sent in the window, so that it is at most 1; what was asked yesterday may still be
-- answered.
CREATE TABLE metrics.surveys (
  account_id               VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date               DATE NOT NULL, -- facts as of the end of this day
  nps_latest               DOUBLE CHECK (nps_latest BETWEEN 0 AND 10), -- last answer to whether they would recommend us, as a number of 0 to 10; NULL without one in a year, since an older one says nothing of today, or where surveys are not reported
  nps_previous           DOUBLE CHECK (nps_previous BETWEEN 0 AND 10), -- the account's answer to whether they would recommend us on an earlier day than `nps_latest`, 0 to 10; NULL without one
  nps_age_days             BIGINT CHECK (nps_age_days >= 0), -- days since the last answer to whether they would recommend us; NULL without one in a year
  nps_mean_365d            DOUBLE CHECK (nps_mean_365d BETWEEN 0 AND 10), -- mean over those who answered in a year, each by their last answer, 0 to 10; NULL without any; NULL while another account has gone on in it for less than 365 days
  nps_365d                 DOUBLE CHECK (nps_365d BETWEEN -100 AND 100), -- promoters (9 and 10 of 10, 5 of 5) less detractors (up to 6 of 10, 3 of 5) of a hundred people who answered in a year, each by their last answer, so that who answers often weighs no more; by the number given, since a 9 means the same on a scale from 1 as on one from 0; NULL without any; NULL while another account has gone on in it for less than 365 days
  nps_answers_365d         BIGINT CHECK (nps_answers_365d >= 0), -- people who answered in a year whether they would recommend us; NULL where surveys are not reported; NULL while another account has gone on in it for less than 365 days
  nps_response_rate_365d   DOUBLE CHECK (nps_response_rate_365d BETWEEN 0 AND 1), -- share of the questions sent in a year, whether they would recommend us, that were answered; NULL where none was sent; NULL while another account has gone on in it for less than 365 days
  csat_mean_90d            DOUBLE CHECK (csat_mean_90d BETWEEN 0 AND 1), -- mean satisfaction of those who answered in 90 days, each by their last answer, from 0, the worst, to 1; NULL without answers; NULL while another account has gone on in it for less than 90 days
  csat_satisfied_share_90d DOUBLE CHECK (csat_satisfied_share_90d BETWEEN 0 AND 1), -- share of the people who answered in 90 days, each by their last answer, who are satisfied; NULL without answers; NULL while another account has gone on in it for less than 90 days
  csat_answers_90d         BIGINT CHECK (csat_answers_90d >= 0), -- people who answered in 90 days how satisfied they are; NULL where surveys are not reported; NULL while another account has gone on in it for less than 90 days
  survey_response_rate_90d DOUBLE CHECK (survey_response_rate_90d BETWEEN 0 AND 1), -- share of all questions sent in 90 days that were answered; NULL where none was sent; NULL while another account has gone on in it for less than 90 days
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH questions AS (
  SELECT account_id, survey_type, asked_on, min(answered_on) AS answered_on
  FROM staging.surveys
  GROUP BY response_id, account_id, survey_type, asked_on
), answers AS (
  SELECT
    account_id,
    survey_type,
    rating,
    answered_on,
    lag(answered_on) OVER (
      PARTITION BY account_id, survey_type, respondent ORDER BY responded_at DESC, response_id DESC, rating
    ) AS answered_again_on,
    row_number() OVER (
      PARTITION BY account_id, survey_type, answered_on ORDER BY responded_at DESC, response_id DESC, rating
    ) = 1 AS is_last
  FROM staging.surveys
  WHERE answered_on IS NOT NULL
), latest AS (
  -- Of the answers of a day the last one counts.
  SELECT
    account_id,
    rating,
    answered_on,
    lag(answered_on) OVER (PARTITION BY account_id ORDER BY answered_on DESC, rating DESC) AS next_answer_on
  FROM answers
  WHERE survey_type = 'nps' AND is_last
), spans AS (
  SELECT account_id, 'asked' AS kind, survey_type, CAST(NULL AS DECIMAL(9,6)) AS rating, CAST(NULL AS DECIMAL(9,6)) AS rating_before,
         answered_on, asked_on, asked_on AS first_day, asked_on + 365 AS day_after
  FROM questions
  UNION ALL
  SELECT account_id, 'answered', survey_type, rating, NULL, answered_on, NULL, answered_on AS first_day, least(answered_again_on, answered_on + 365)
  FROM answers
  UNION ALL
  SELECT account_id, 'latest', 'nps', rating,
         lag(rating) OVER (PARTITION BY account_id ORDER BY answered_on, rating, next_answer_on), answered_on, NULL, answered_on AS first_day, least(next_answer_on, answered_on + 365)
  FROM latest
), counts AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    coalesce(spine.joined_days >= 90, TRUE) AS is_whole_90d,
    coalesce(spine.joined_days >= 365, TRUE) AS is_whole_365d,
    max(rating) FILTER (WHERE kind = 'latest') AS nps_latest,
    max(rating_before) FILTER (WHERE kind = 'latest') AS nps_before,
    max(answered_on) FILTER (WHERE kind = 'latest') AS nps_day,
    sum(rating) FILTER (WHERE kind = 'answered' AND survey_type = 'nps') AS nps_sum,
    count(rating) FILTER (WHERE kind = 'answered' AND survey_type = 'nps') AS nps_answers,
    count(rating) FILTER (WHERE kind = 'answered' AND survey_type = 'nps' AND rating >= 0.9) AS promoters,
    count(rating) FILTER (WHERE kind = 'answered' AND survey_type = 'nps' AND rating <= 0.6) AS detractors,
    count(kind) FILTER (WHERE kind = 'asked' AND survey_type = 'nps') AS nps_asked,
    count(kind) FILTER (WHERE kind = 'asked' AND survey_type = 'nps' AND answered_on <= spine.as_of_date) AS nps_answered,
    sum(rating) FILTER (WHERE kind = 'answered' AND survey_type = 'csat' AND spine.as_of_date - answered_on < 90) AS csat_sum,
    count(rating) FILTER (WHERE kind = 'answered' AND survey_type = 'csat' AND spine.as_of_date - answered_on < 90) AS csat_answers,
    count(rating) FILTER (WHERE kind = 'answered' AND survey_type = 'csat' AND spine.as_of_date - answered_on < 90 AND rating >= 0.75) AS satisfied,
    count(kind) FILTER (WHERE kind = 'asked' AND spine.as_of_date - asked_on < 90) AS asked,
    count(kind) FILTER (WHERE kind = 'asked' AND spine.as_of_date - asked_on < 90 AND answered_on <= spine.as_of_date) AS answered
  -- The few answers come first: the engine keeps the left side in memory and lets the right one pass.
  FROM spans
  RIGHT JOIN metrics.spine
    ON spine.account_id = spans.account_id
   AND spans.first_day <= spine.as_of_date
   AND spine.as_of_date < spans.day_after
  GROUP BY spine.account_id, spine.as_of_date, spine.joined_days
)
SELECT
  account_id,
  as_of_date,
  CASE WHEN reported('surveys', as_of_date) THEN CAST(nps_latest * 10 AS DOUBLE) END AS nps_latest,
  CASE WHEN reported('surveys', as_of_date) THEN CAST(nps_before * 10 AS DOUBLE) END AS nps_previous,
  CASE WHEN reported('surveys', as_of_date) THEN as_of_date - nps_day END AS nps_age_days,
  CASE WHEN reported('surveys', as_of_date) AND is_whole_365d THEN CAST(nps_sum AS DOUBLE) * 10 / nullif(nps_answers, 0) END AS nps_mean_365d,
  CASE WHEN reported('surveys', as_of_date) AND is_whole_365d THEN CAST(promoters - detractors AS DOUBLE) * 100 / nullif(nps_answers, 0) END AS nps_365d,
  CASE WHEN reported('surveys', as_of_date) AND is_whole_365d THEN nps_answers END AS nps_answers_365d,
  CASE WHEN reported('surveys', as_of_date) AND is_whole_365d THEN CAST(nps_answered AS DOUBLE) / nullif(nps_asked, 0) END AS nps_response_rate_365d,
  CASE WHEN reported('surveys', as_of_date) AND is_whole_90d THEN CAST(csat_sum AS DOUBLE) / nullif(csat_answers, 0) END AS csat_mean_90d,
  CASE WHEN reported('surveys', as_of_date) AND is_whole_90d THEN CAST(satisfied AS DOUBLE) / nullif(csat_answers, 0) END AS csat_satisfied_share_90d,
  CASE WHEN reported('surveys', as_of_date) AND is_whole_90d THEN csat_answers END AS csat_answers_90d,
  CASE WHEN reported('surveys', as_of_date) AND is_whole_90d THEN CAST(answered AS DOUBLE) / nullif(asked, 0) END AS survey_response_rate_90d
FROM counts
