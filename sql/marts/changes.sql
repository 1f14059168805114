-- What got worse lately, account by account, in words that a customer may read: from what to what, and over which time.
-- Changes, not states: an invoice that has been overdue for a year is no news.
--
-- A fall of usage or of users is one where it is large (`fell_by`) and there was something to fall from (`floor_users`,
-- `floor_events`). It is the segment's and not the account's, and left out, where the median account of the segment fell
-- by nearly as much that day (`segment_fell_by`): the holidays, a price change, a broken log. Silence (`silent_days`
-- without any event, since the last one or since it is a customer) takes the place of both. It can be told where the log
-- is complete for as many days: in a log that has only begun nobody is silent, nor without users.
-- Where another account went on in it less than 28 days ago nobody can tell what is new of the tickets, and all that are
-- open count. What is not reported is no change; nor is what the main score expects: where no usage is (`expected_idle`), none is news.
CREATE TABLE marts.changes (
  account_id VARCHAR NOT NULL, -- the account
  as_of_date DATE    NOT NULL, -- at the end of this day
  is_silent  BOOLEAN NOT NULL, -- the product is not used any more, or never was
  changes    BIGINT  NOT NULL CHECK (changes >= 0), -- things that got worse lately
  reasons    VARCHAR NOT NULL, -- what got worse lately; empty without anything
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH falls AS (
  SELECT
    accounts.*,
    health.is_expected_idle IS TRUE AS rests,
    CASE WHEN health.is_expected_idle IS NOT TRUE AND active_users_prev_28d >= $floor_users THEN active_users_growth_28d END AS users_change,
    CASE WHEN health.is_expected_idle IS NOT TRUE AND events_prev_28d >= $floor_events THEN usage_growth_28d END AS usage_change,
    ready('events', 1, accounts.as_of_date - CAST($silent_days AS BIGINT) + 1) AS is_logged
  FROM metrics.accounts AS accounts
  LEFT JOIN scores.main AS health ON health.account_id = accounts.account_id AND health.as_of_date = accounts.as_of_date
  WHERE accounts.is_in_force
), segments AS (
  SELECT
    as_of_date,
    segment,
    CASE WHEN count(users_change) >= $segment_accounts THEN median(users_change) END AS users_change,
    CASE WHEN count(usage_change) >= $segment_accounts THEN median(usage_change) END AS usage_change
  FROM falls
  GROUP BY as_of_date, segment
), worded AS (
  SELECT
    falls.account_id,
    falls.as_of_date,
    CASE
      WHEN rests OR NOT is_logged THEN NULL
      WHEN days_since_active >= $silent_days
        THEN 'no usage for ' || CAST(days_since_active AS VARCHAR) || ' days'
          || coalesce(' (was ' || CAST(last_active_users_28d AS VARCHAR) || ' users in 28 days)', '')
      WHEN days_since_active IS NULL AND tenure_days >= $silent_days
        THEN 'no usage on record, ' || CAST(tenure_days AS VARCHAR) || ' days a customer'
    END AS silence,
    CASE
      WHEN rests OR days_since_active >= $silent_days AND is_logged THEN NULL
      WHEN days_since_user_seen IS NULL AND days_since_active IS NOT NULL AND tenure_days >= $silent_days AND is_logged
        THEN 'no user on record, only integrations, ' || CAST(tenure_days AS VARCHAR) || ' days a customer'
      WHEN days_since_user_seen >= $silent_days AND is_logged
        THEN 'no user seen for ' || CAST(days_since_user_seen AS VARCHAR) || ' days'
          || coalesce(' (was ' || CAST(last_active_users_28d AS VARCHAR) || ' users in 28 days)', '')
      WHEN falls.users_change <= 0 - $fell_by
           AND coalesce(segments.users_change > falls.users_change * $segment_fell_by, TRUE)
        THEN 'active users ' || CAST(active_users_prev_28d AS VARCHAR) || ' → ' || CAST(active_users_28d AS VARCHAR)
          || ', 28 days against the 28 before'
    END AS users,
    CASE
      WHEN rests OR days_since_active >= $silent_days AND is_logged THEN NULL
      WHEN falls.usage_change <= 0 - $fell_by
           AND coalesce(segments.usage_change > falls.usage_change * $segment_fell_by, TRUE)
        THEN 'hours of use ' || CAST(CAST(usage_seconds_prev_28d / 3600.0 AS DECIMAL(18,1)) AS VARCHAR) || ' → '
          || CAST(CAST(usage_seconds_28d / 3600.0 AS DECIMAL(18,1)) AS VARCHAR) || ', 28 days against the 28 before'
    END AS usage,
    CASE WHEN sponsors_left_28d > 0
      THEN 'sponsors who left in 28 days: ' || CAST(sponsors_left_28d AS VARCHAR) || ' (still there: '
        || CAST(sponsors AS VARCHAR) || ')'
    END AS sponsors_left,
    CASE WHEN champions_left_28d > 0
      THEN 'champions who left in 28 days: ' || CAST(champions_left_28d AS VARCHAR) || ' (still there: '
        || CAST(champions AS VARCHAR) || ')'
    END AS champions_left,
    CASE WHEN escalations_28d > 0 AND escalations_open > 0
      THEN 'tickets escalated in 28 days: ' || CAST(escalations_28d AS VARCHAR) || ' (still open: '
        || CAST(escalations_open AS VARCHAR) || ')'
      WHEN joined_days < 28 AND escalations_open > 0
        THEN 'tickets escalated, and open: ' || CAST(escalations_open AS VARCHAR)
    END AS escalated,
    CASE WHEN severe_tickets_28d > 0 AND severe_tickets_open > 0
      THEN 'severe tickets opened in 28 days: ' || CAST(severe_tickets_28d AS VARCHAR) || ' (still open: '
        || CAST(severe_tickets_open AS VARCHAR) || ')'
      WHEN joined_days < 28 AND severe_tickets_open > 0
        THEN 'severe tickets open: ' || CAST(severe_tickets_open AS VARCHAR)
    END AS severe,
    CASE WHEN overdue_amount > overdue_30d_amount
      THEN 'overdue ' || CAST(overdue_30d_amount AS VARCHAR) || ' → ' || CAST(overdue_amount AS VARCHAR) || ' in 30 days'
    END AS unpaid,
    CASE WHEN nps_age_days < 28 AND nps_latest <= $detractor_to AND nps_previous > $detractor_to
      THEN 'would recommend us ' || CAST(CAST(round(nps_previous) AS BIGINT) AS VARCHAR) || ' → '
        || CAST(CAST(round(nps_latest) AS BIGINT) AS VARCHAR) || ' of 10, answered ' || CAST(nps_age_days AS VARCHAR)
        || ' days ago'
    END AS unhappy,
    CASE WHEN least(sentiment_messages_28d, sentiment_messages_prev_28d) >= $floor_messages
              AND sentiment_mean_prev_28d >= 0 AND sentiment_mean_28d <= 0 - $turned_by
      THEN 'sentiment ' || CAST(CAST(sentiment_mean_prev_28d AS DECIMAL(4,2)) AS VARCHAR) || ' → '
        || CAST(CAST(sentiment_mean_28d AS DECIMAL(4,2)) AS VARCHAR) || ' of -1 to 1, 28 days against the 28 before'
    END AS turned,
    CASE WHEN milestones_stalled_28d > 0
      THEN 'steps of onboarding past their day in 28 days: ' || CAST(milestones_stalled_28d AS VARCHAR) || ' (done: '
        || CAST(milestones_done AS VARCHAR) || ' of ' || CAST(milestones_required AS VARCHAR) || ')'
    END AS stalled
  FROM segments
  JOIN falls ON falls.as_of_date = segments.as_of_date AND falls.segment = segments.segment
)
SELECT
  account_id,
  as_of_date,
  silence IS NOT NULL AS is_silent,
  CASE WHEN silence IS NULL THEN 0 ELSE 1 END + CASE WHEN users IS NULL THEN 0 ELSE 1 END
    + CASE WHEN usage IS NULL THEN 0 ELSE 1 END + CASE WHEN sponsors_left IS NULL THEN 0 ELSE 1 END
    + CASE WHEN champions_left IS NULL THEN 0 ELSE 1 END + CASE WHEN escalated IS NULL THEN 0 ELSE 1 END
    + CASE WHEN severe IS NULL THEN 0 ELSE 1 END + CASE WHEN unpaid IS NULL THEN 0 ELSE 1 END
    + CASE WHEN unhappy IS NULL THEN 0 ELSE 1 END + CASE WHEN turned IS NULL THEN 0 ELSE 1 END
    + CASE WHEN stalled IS NULL THEN 0 ELSE 1 END AS changes,
  concat_ws(
    '; ', silence, users, usage, sponsors_left, champions_left, escalated, severe, unpaid, unhappy, turned, stalled
  ) AS reasons
FROM worded
