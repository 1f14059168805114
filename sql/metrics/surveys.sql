-- What the people of each account answered when asked, as of each day.
--
-- Net promoter score (Reichheld, 2003): promoters (9 and 10 of 10) less detractors (0 to 6), in points of a hundred.
-- Answers on other scales are stretched to that of 0 to 10 first. Satisfaction (CSAT): the satisfied gave at least
-- three quarters of the scale, the upper two of five. A response rate is of the questions sent in the window, so that it
-- is at most 1; what was asked yesterday may still be answered.
CREATE TABLE metrics.surveys (
  account_id               VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date               DATE NOT NULL, -- at the end of this day
  nps_latest               DOUBLE CHECK (nps_latest BETWEEN 0 AND 10), -- last answer to whether they would recommend us, 0 to 10; NULL without one, or where surveys are not reported
  nps_previous           DOUBLE CHECK (nps_previous BETWEEN 0 AND 10), -- the answer before that one; NULL without two
  nps_age_days             BIGINT CHECK (nps_age_days >= 0), -- days since that answer
  nps_mean_365d            DOUBLE CHECK (nps_mean_365d BETWEEN 0 AND 10), -- mean of the answers of a year; NULL without any
  nps_365d                 DOUBLE CHECK (nps_365d BETWEEN -100 AND 100), -- promoters less detractors of a hundred answers of a year; NULL without any
  nps_answers_365d         BIGINT CHECK (nps_answers_365d >= 0), -- how many these are; NULL where surveys are not reported
  nps_response_rate_365d   DOUBLE CHECK (nps_response_rate_365d BETWEEN 0 AND 1), -- share of the questions sent in a year that were answered; NULL where none was sent
  csat_mean_90d            DOUBLE CHECK (csat_mean_90d BETWEEN 0 AND 1), -- mean satisfaction as a share of the scale; NULL without answers
  csat_satisfied_share_90d DOUBLE CHECK (csat_satisfied_share_90d BETWEEN 0 AND 1), -- share of the answers that are satisfied; NULL without answers
  csat_answers_90d         BIGINT CHECK (csat_answers_90d >= 0), -- how many these are; NULL where surveys are not reported
  survey_response_rate_90d DOUBLE CHECK (survey_response_rate_90d BETWEEN 0 AND 1), -- share of all questions sent in 90 days that were answered; NULL where none was sent
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH answers AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY account_id, survey_type, answered_on ORDER BY responded_at DESC, response_id DESC
    ) = 1 AS is_last
  FROM staging.surveys
  WHERE answered_on IS NOT NULL
), turns AS (
  -- Of the answers of a day the last one counts.
  SELECT account_id, answered_on, rating AS last_rating,
         lag(rating) OVER (PARTITION BY account_id ORDER BY answered_on) AS rating_before
  FROM answers
  WHERE survey_type = 'nps' AND is_last
), log AS (
  SELECT account_id, asked_on AS as_of_date, 'asked' AS kind, survey_type, CAST(NULL AS DECIMAL(9,6)) AS rating,
         CAST(NULL AS DECIMAL(9,6)) AS last_nps, CAST(NULL AS DECIMAL(9,6)) AS nps_before, FALSE AS on_spine
  FROM staging.surveys
  UNION ALL
  SELECT account_id, answered_on, 'answered', survey_type, rating, NULL, NULL, FALSE
  FROM answers
  UNION ALL
  SELECT account_id, answered_on, 'turned', 'nps', NULL, last_rating, rating_before, FALSE
  FROM turns
  UNION ALL
  -- An answer is one of those asked in the window until the question leaves it.
  SELECT account_id, greatest(asked_on, answered_on), 'counted 365', survey_type, NULL, NULL, NULL, FALSE
  FROM answers
  WHERE answered_on < asked_on + 365
  UNION ALL
  SELECT account_id, asked_on + 365, 'dropped 365', survey_type, NULL, NULL, NULL, FALSE
  FROM answers
  WHERE answered_on < asked_on + 365
  UNION ALL
  SELECT account_id, greatest(asked_on, answered_on), 'counted 90', survey_type, NULL, NULL, NULL, FALSE
  FROM answers
  WHERE answered_on < asked_on + 90
  UNION ALL
  SELECT account_id, asked_on + 90, 'dropped 90', survey_type, NULL, NULL, NULL, FALSE
  FROM answers
  WHERE answered_on < asked_on + 90
  UNION ALL
  SELECT account_id, as_of_date, 'day', NULL, NULL, NULL, NULL, TRUE
  FROM metrics.spine
), rolling AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    last_value(last_nps) IGNORE NULLS OVER history AS nps_latest,
    last_value(nps_before) IGNORE NULLS OVER history AS nps_before,
    max(CASE WHEN last_nps IS NOT NULL THEN as_of_date END) OVER history AS nps_day,
    sum(rating) FILTER (WHERE survey_type = 'nps') OVER w365 AS nps_sum,
    count(rating) FILTER (WHERE survey_type = 'nps') OVER w365 AS nps_answers,
    count(rating) FILTER (WHERE survey_type = 'nps' AND rating >= 0.9) OVER w365 AS promoters,
    count(rating) FILTER (WHERE survey_type = 'nps' AND rating <= 0.6) OVER w365 AS detractors,
    count(kind) FILTER (WHERE kind = 'asked' AND survey_type = 'nps') OVER w365 AS nps_asked,
    count(kind) FILTER (WHERE kind = 'counted 365' AND survey_type = 'nps') OVER history
      - count(kind) FILTER (WHERE kind = 'dropped 365' AND survey_type = 'nps') OVER history AS nps_answered,
    sum(rating) FILTER (WHERE survey_type = 'csat') OVER w90 AS csat_sum,
    count(rating) FILTER (WHERE survey_type = 'csat') OVER w90 AS csat_answers,
    count(rating) FILTER (WHERE survey_type = 'csat' AND rating >= 0.75) OVER w90 AS satisfied,
    count(kind) FILTER (WHERE kind = 'asked') OVER w90 AS asked,
    count(kind) FILTER (WHERE kind = 'counted 90') OVER history
      - count(kind) FILTER (WHERE kind = 'dropped 90') OVER history AS answered
  FROM log
  WINDOW
    w90 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '89' DAY PRECEDING AND CURRENT ROW),
    w365 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '364' DAY PRECEDING AND CURRENT ROW),
    history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
  rolling.account_id,
  rolling.as_of_date,
  CASE WHEN surveys THEN CAST(nps_latest * 10 AS DOUBLE) END AS nps_latest,
  CASE WHEN surveys THEN CAST(nps_before * 10 AS DOUBLE) END AS nps_previous,
  CASE WHEN surveys THEN rolling.as_of_date - nps_day END AS nps_age_days,
  CASE WHEN surveys THEN CAST(nps_sum AS DOUBLE) * 10 / nullif(nps_answers, 0) END AS nps_mean_365d,
  CASE WHEN surveys THEN CAST(promoters - detractors AS DOUBLE) * 100 / nullif(nps_answers, 0) END AS nps_365d,
  CASE WHEN surveys THEN nps_answers END AS nps_answers_365d,
  CASE WHEN surveys THEN CAST(nps_answered AS DOUBLE) / nullif(nps_asked, 0) END AS nps_response_rate_365d,
  CASE WHEN surveys THEN CAST(csat_sum AS DOUBLE) / nullif(csat_answers, 0) END AS csat_mean_90d,
  CASE WHEN surveys THEN CAST(satisfied AS DOUBLE) / nullif(csat_answers, 0) END AS csat_satisfied_share_90d,
  CASE WHEN surveys THEN csat_answers END AS csat_answers_90d,
  CASE WHEN surveys THEN CAST(answered AS DOUBLE) / nullif(asked, 0) END AS survey_response_rate_90d
FROM metrics.reporting
JOIN rolling ON rolling.as_of_date = reporting.as_of_date
WHERE on_spine
