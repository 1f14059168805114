-- How each account speaks to us and of the product, as of each day. The sentiment of a message comes with it, read by
-- a model elsewhere; no message is no mood, which is not a neutral one.
CREATE TABLE metrics.sentiment (
  account_id              VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date              DATE NOT NULL, -- facts as of the end of this day
  messages_28d            BIGINT CHECK (messages_28d >= 0), -- messages from the customer in 28 days; NULL where messages are not reported; NULL while another account has gone on in it for less than 28 days
  sentiment_messages_28d  BIGINT CHECK (sentiment_messages_28d BETWEEN 0 AND messages_28d), -- messages from the customer in 28 days with a sentiment; NULL where messages are not reported; NULL while another account has gone on in it for less than 28 days
  sentiment_mean_28d      DOUBLE CHECK (sentiment_mean_28d BETWEEN -1 AND 1), -- mean sentiment of the messages of 28 days, from -1, the worst, to 1; NULL without any, or where messages are not reported; NULL while another account has gone on in it for less than 28 days
  sentiment_messages_prev_28d BIGINT CHECK (sentiment_messages_prev_28d >= 0), -- messages with a sentiment in the 28 days before the last 28; NULL where messages are not reported; NULL while another account has gone on in it for less than 56 days
  sentiment_mean_prev_28d DOUBLE CHECK (sentiment_mean_prev_28d BETWEEN -1 AND 1), -- mean sentiment of the messages of the 28 days before the last 28, from -1, the worst, to 1; NULL without any, or where messages are not reported; NULL while another account has gone on in it for less than 56 days
  sentiment_messages_90d  BIGINT CHECK (sentiment_messages_90d >= sentiment_messages_28d), -- messages with a sentiment in 90 days; NULL where messages are not reported; NULL while another account has gone on in it for less than 90 days
  sentiment_mean_90d      DOUBLE CHECK (sentiment_mean_90d BETWEEN -1 AND 1), -- mean sentiment of the messages of 90 days, from -1, the worst, to 1; NULL without any, or where messages are not reported; NULL while another account has gone on in it for less than 90 days
  negative_share_90d      DOUBLE CHECK (negative_share_90d BETWEEN 0 AND 1), -- share of the messages of 90 days with a sentiment whose sentiment is below 0; NULL without any, or where messages are not reported; NULL while another account has gone on in it for less than 90 days
  feedback_90d            BIGINT CHECK (feedback_90d >= 0), -- items of feedback in 90 days; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  feedback_ideas_90d      BIGINT CHECK (feedback_ideas_90d BETWEEN 0 AND feedback_90d), -- items of feedback in 90 days that are ideas; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  feedback_bugs_90d       BIGINT CHECK (feedback_bugs_90d BETWEEN 0 AND feedback_90d), -- items of feedback in 90 days that are faults; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  feedback_praise_90d     BIGINT CHECK (feedback_praise_90d BETWEEN 0 AND feedback_90d), -- items of feedback in 90 days that are praise; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  feedback_complaints_90d BIGINT CHECK (feedback_complaints_90d BETWEEN 0 AND feedback_90d), -- items of feedback in 90 days that are complaints; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  feedback_balance_90d    DOUBLE CHECK (feedback_balance_90d BETWEEN -1 AND 1), -- praise less complaints, by their sum, in 90 days; NULL without either, or where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  gives_feedback          BOOLEAN, -- gave feedback in 90 days: who does expects to stay; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH log AS (
  SELECT account_id, day AS as_of_date, channel, sentiment, CAST(NULL AS VARCHAR) AS kind, FALSE AS on_spine, CAST(NULL AS BIGINT) AS joined_days
  FROM staging.messages
  UNION ALL
  SELECT account_id, day, NULL, NULL, kind, FALSE, NULL
  FROM staging.feedback
  UNION ALL
  SELECT account_id, as_of_date, NULL, NULL, NULL, TRUE, joined_days
  FROM metrics.spine
), rolling AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    coalesce(joined_days >= 28, TRUE) AS is_whole_28d,
    coalesce(joined_days >= 56, TRUE) AS is_whole_56d,
    coalesce(joined_days >= 90, TRUE) AS is_whole_90d,
    count(channel) OVER w28 AS messages_28d,
    count(sentiment) OVER w28 AS read_28d,
    sum(sentiment) OVER w28 AS sentiment_28d,
    count(sentiment) OVER before28 AS read_prev_28d,
    sum(sentiment) OVER before28 AS sentiment_prev_28d,
    count(sentiment) OVER w90 AS read_90d,
    sum(sentiment) OVER w90 AS sentiment_90d,
    count(sentiment) FILTER (WHERE sentiment < 0) OVER w90 AS negative_90d,
    count(kind) OVER w90 AS feedback_90d,
    count(kind) FILTER (WHERE kind = 'idea') OVER w90 AS ideas_90d,
    count(kind) FILTER (WHERE kind = 'bug') OVER w90 AS bugs_90d,
    count(kind) FILTER (WHERE kind = 'praise') OVER w90 AS praise_90d,
    count(kind) FILTER (WHERE kind = 'complaint') OVER w90 AS complaints_90d
  FROM log
  WINDOW
    w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW),
    before28 AS (PARTITION BY account_id ORDER BY as_of_date
                 RANGE BETWEEN INTERVAL '55' DAY PRECEDING AND INTERVAL '28' DAY PRECEDING),
    w90 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '89' DAY PRECEDING AND CURRENT ROW)
)
SELECT
  account_id,
  as_of_date,
  CASE WHEN reported('messages', as_of_date) AND is_whole_28d THEN messages_28d END AS messages_28d,
  CASE WHEN reported('messages', as_of_date) AND is_whole_28d THEN read_28d END AS sentiment_messages_28d,
  CASE WHEN reported('messages', as_of_date) AND is_whole_28d THEN CAST(sentiment_28d AS DOUBLE) / nullif(read_28d, 0) END AS sentiment_mean_28d,
  CASE WHEN reported('messages', as_of_date) AND is_whole_56d THEN read_prev_28d END AS sentiment_messages_prev_28d,
  CASE WHEN reported('messages', as_of_date) AND is_whole_56d THEN CAST(sentiment_prev_28d AS DOUBLE) / nullif(read_prev_28d, 0) END AS sentiment_mean_prev_28d,
  CASE WHEN reported('messages', as_of_date) AND is_whole_90d THEN read_90d END AS sentiment_messages_90d,
  CASE WHEN reported('messages', as_of_date) AND is_whole_90d THEN CAST(sentiment_90d AS DOUBLE) / nullif(read_90d, 0) END AS sentiment_mean_90d,
  CASE WHEN reported('messages', as_of_date) AND is_whole_90d THEN CAST(negative_90d AS DOUBLE) / nullif(read_90d, 0) END AS negative_share_90d,
  CASE WHEN reported('feedback', as_of_date) AND is_whole_90d THEN feedback_90d END AS feedback_90d,
  CASE WHEN reported('feedback', as_of_date) AND is_whole_90d THEN ideas_90d END AS feedback_ideas_90d,
  CASE WHEN reported('feedback', as_of_date) AND is_whole_90d THEN bugs_90d END AS feedback_bugs_90d,
  CASE WHEN reported('feedback', as_of_date) AND is_whole_90d THEN praise_90d END AS feedback_praise_90d,
  CASE WHEN reported('feedback', as_of_date) AND is_whole_90d THEN complaints_90d END AS feedback_complaints_90d,
  CASE WHEN reported('feedback', as_of_date) AND is_whole_90d THEN CAST(praise_90d - complaints_90d AS DOUBLE) / nullif(praise_90d + complaints_90d, 0) END AS feedback_balance_90d,
  CASE WHEN reported('feedback', as_of_date) AND is_whole_90d THEN feedback_90d > 0 END AS gives_feedback
FROM rolling
WHERE on_spine
