-- What the event log says of an account on each day on which anything happened, and of the 28 days up to it: one row per account,
-- as the log names it, and day with an event. No row is a day on which nothing happened.
--
-- A row is made of the events of its 28 days and of nothing else, so a run adds the rows of its day to those that are
-- published. What is as of the last day with use is read here, however long ago that was, and the log need not be.
-- Who is a customer plays no part: that is a matter of the day that is asked for.
CREATE TABLE metrics.account_days (
  account_id           VARCHAR NOT NULL, -- the account, as the log has it; may be one that the CRM does not list
  as_of_date           DATE    NOT NULL, -- the day of the events
  events               BIGINT  NOT NULL CHECK (events >= 1), -- events of the day
  users                BIGINT  NOT NULL CHECK (users BETWEEN 0 AND events), -- users seen on the day; 0 where only integrations were
  errors               BIGINT  NOT NULL CHECK (errors BETWEEN 0 AND events), -- events of the day that failed
  api_calls            BIGINT  NOT NULL CHECK (api_calls BETWEEN 0 AND events), -- calls of the API on the day
  active_users_28d     BIGINT  NOT NULL CHECK (active_users_28d >= users), -- users seen in the 28 days up to the day
  top_user_share_28d   DOUBLE  CHECK (top_user_share_28d BETWEEN 0 AND 1), -- share of the usage by users in the 28 days up to the day that the user with most of it holds; NULL without any; NULL until the log is complete for 28 days
  api_calls_28d        BIGINT  NOT NULL CHECK (api_calls_28d >= api_calls), -- calls of the API in the 28 days up to the day
  api_errors_28d       BIGINT  NOT NULL CHECK (api_errors_28d BETWEEN 0 AND api_calls_28d), -- calls of the API in the 28 days up to the day that failed
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) WITH (settles_after = '60 days') AS
WITH log AS (
  SELECT
    account_id,
    day AS as_of_date,
    user_id,
    count(*) AS events,
    sum(seconds) AS seconds,
    sum(CASE WHEN is_error THEN 1 ELSE 0 END) AS errors,
    sum(CASE WHEN event_name = 'api_call' THEN 1 ELSE 0 END) AS calls,
    sum(CASE WHEN event_name = 'api_call' AND is_error THEN 1 ELSE 0 END) AS call_errors
  FROM staging.events
  GROUP BY account_id, day, user_id
), rolling AS (
  SELECT
    account_id,
    as_of_date,
    user_id,
    events,
    errors,
    calls,
    count(DISTINCT user_id) OVER w28 AS users_28d,
    top_share(user_id, seconds, 1) OVER w28 AS top_user_share,
    sum(calls) OVER w28 AS calls_28d,
    sum(call_errors) OVER w28 AS call_errors_28d
  FROM log
  WINDOW w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW)
)
SELECT
  account_id,
  as_of_date,
  sum(events) AS events,
  -- One row is a user on a day.
  count(user_id) AS users,
  sum(errors) AS errors,
  sum(calls) AS api_calls,
  max(users_28d) AS active_users_28d,
  CASE WHEN ready('events', 28, as_of_date) THEN max(top_user_share) END AS top_user_share_28d,
  max(calls_28d) AS api_calls_28d,
  max(call_errors_28d) AS api_errors_28d
FROM rolling
GROUP BY account_id, as_of_date
