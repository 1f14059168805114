-- Requests for support of each account, as of each day: how many, about what, how bad, how many are open and for how
-- long, and how fast they are resolved. Opened tickets are from the tickets, everything else from their changes of
-- status, so that what was open on a day is what was open then. Whose a ticket is, what it is about and how bad are as of
-- the day: a severity that rises later changes no earlier day.
--
-- The median time to resolve is over tickets that were resolved in the window and those that became four weeks old in
-- it while open: these count as four weeks, so slow tickets are not left out, and a median of four weeks says "at
-- least". Support burden is open tickets by month as a customer, the first month counted whole and no more
-- than the last three: it is finite for a new account, and does not fall with age alone.
CREATE TABLE metrics.support (
  account_id                VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date                DATE NOT NULL, -- facts as of the end of this day
  tickets_opened_28d        BIGINT CHECK (tickets_opened_28d >= 0), -- tickets opened in 28 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 28 days
  tickets_opened_90d        BIGINT CHECK (tickets_opened_90d >= tickets_opened_28d), -- tickets opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  tickets_per_user_28d      DOUBLE CHECK (tickets_per_user_28d >= 0), -- tickets opened in 28 days per user seen in 28 days; NULL without users, or where tickets are not reported; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  bugs_90d                  BIGINT CHECK (bugs_90d BETWEEN 0 AND tickets_opened_90d), -- tickets about faults of the product opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  incidents_90d             BIGINT CHECK (incidents_90d BETWEEN 0 AND tickets_opened_90d), -- tickets about outages opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  questions_90d             BIGINT CHECK (questions_90d BETWEEN 0 AND tickets_opened_90d), -- tickets about how to do something opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  feature_requests_90d      BIGINT CHECK (feature_requests_90d BETWEEN 0 AND tickets_opened_90d), -- tickets about what is missing opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  billing_tickets_90d       BIGINT CHECK (billing_tickets_90d BETWEEN 0 AND tickets_opened_90d), -- tickets about invoices opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  severe_tickets_90d        BIGINT CHECK (severe_tickets_90d BETWEEN 0 AND tickets_opened_90d), -- tickets of severity 1 or 2 opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  severe_tickets_28d        BIGINT CHECK (severe_tickets_28d BETWEEN 0 AND severe_tickets_90d), -- tickets of severity 1 or 2 opened in 28 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 28 days
  tickets_closed_28d        BIGINT CHECK (tickets_closed_28d >= 0), -- times in 28 days that a ticket ceased to be open; NULL where tickets or their changes are not reported; NULL while another account has gone on in it for less than 28 days
  tickets_reopened_90d      BIGINT CHECK (tickets_reopened_90d >= 0), -- times in 90 days that a ticket was reopened; NULL where tickets or their changes are not reported; NULL while another account has gone on in it for less than 90 days
  tickets_open              BIGINT CHECK (tickets_open >= 0), -- tickets open; NULL where tickets or their changes are not reported
  severe_tickets_open       BIGINT CHECK (severe_tickets_open BETWEEN 0 AND tickets_open), -- open tickets of severity 1 or 2; NULL where tickets or their changes are not reported
  bugs_open                 BIGINT CHECK (bugs_open BETWEEN 0 AND tickets_open), -- open tickets about faults of the product; NULL where tickets or their changes are not reported
  open_ticket_days_mean     DOUBLE CHECK (open_ticket_days_mean >= 0), -- mean days since the open tickets were opened: so far, since they are not over; NULL without any, or where tickets or their changes are not reported
  escalations_90d           BIGINT CHECK (escalations_90d >= 0), -- times in 90 days that a ticket was escalated; NULL where tickets or their changes are not reported; NULL while another account has gone on in it for less than 90 days
  escalations_28d           BIGINT CHECK (escalations_28d BETWEEN 0 AND escalations_90d), -- times in 28 days that a ticket was escalated; NULL where tickets or their changes are not reported; NULL while another account has gone on in it for less than 28 days
  escalations_open          BIGINT CHECK (escalations_open BETWEEN 0 AND tickets_open), -- open tickets that are escalated; NULL where tickets or their changes are not reported
  resolve_hours_median_90d  DOUBLE CHECK (resolve_hours_median_90d BETWEEN 0 AND 672), -- median hours until a ticket is first resolved, over tickets that were in 90 days and those that became four weeks old in them while open, which count as four weeks; NULL without any, or where tickets or their changes are not reported; NULL while another account has gone on in it for less than 90 days
  resolve_median_is_censored BOOLEAN, -- the median ticket of `resolve_hours_median_90d` was not resolved in four weeks: 672 hours is a least; NULL where that is; NULL while another account has gone on in it for less than 90 days
  support_burden            DOUBLE CHECK (support_burden >= 0), -- open tickets by 30 days as a customer, of which 30 to 90 count; NULL where tickets or their changes are not reported
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH resolved AS (
  SELECT ticket_id, min(occurred_at) AS resolved_at
  FROM staging.ticket_events
  WHERE to_status IN ('resolved', 'closed')
  GROUP BY ticket_id
), waits AS (
  SELECT
    tickets.account_id,
    greatest(least(local_day(resolved.resolved_at), tickets.day + 28), tickets.day) AS day,
    CASE WHEN local_day(resolved.resolved_at) <= tickets.day + 28
         THEN CAST(floor(date_part('epoch', resolved.resolved_at)) - floor(date_part('epoch', tickets.created_at)) AS BIGINT)
    END AS seconds
  FROM staging.tickets
  LEFT JOIN resolved ON resolved.ticket_id = tickets.ticket_id
  WHERE tickets.first_day = tickets.day
), log AS (
  SELECT tickets.account_id, moves.day AS as_of_date, moves.to_status, moves.has_closed, CAST(NULL AS BIGINT) AS wait_seconds,
         FALSE AS on_spine, CAST(NULL AS BIGINT) AS tenure_days, CAST(NULL AS BIGINT) AS joined_days
  FROM metrics.ticket_moves AS moves
  JOIN staging.tickets
    ON tickets.ticket_id = moves.ticket_id
   AND tickets.first_day <= moves.day
   AND (tickets.day_after IS NULL OR moves.day < tickets.day_after)
  UNION ALL
  SELECT account_id, day, NULL, NULL, greatest(least(coalesce(seconds, 28 * 86400), 28 * 86400), 0), FALSE, NULL, NULL
  FROM waits
  UNION ALL
  SELECT account_id, as_of_date, NULL, NULL, NULL, TRUE, tenure_days, joined_days
  FROM metrics.spine
), rolling AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    tenure_days,
    coalesce(joined_days >= 28, TRUE) AS is_whole_28d,
    coalesce(joined_days >= 90, TRUE) AS is_whole_90d,
    reported('tickets', as_of_date) AS with_tickets,
    reported('tickets', as_of_date) AND reported('ticket_events', as_of_date) AS with_moves,
    count(to_status) FILTER (WHERE has_closed) OVER w28 AS closed_28d,
    count(to_status) FILTER (WHERE to_status = 'reopened') OVER w90 AS reopened_90d,
    count(to_status) FILTER (WHERE to_status = 'escalated') OVER w90 AS escalations_90d,
    count(to_status) FILTER (WHERE to_status = 'escalated') OVER w28 AS escalations_28d,
    median(wait_seconds) OVER w90 AS wait_median
  FROM log
  WINDOW
    w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW),
    w90 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '89' DAY PRECEDING AND CURRENT ROW)
), spans AS (
  SELECT account_id, FALSE AS is_open, FALSE AS is_escalated, type, severity, day AS opened_on,
         first_day, least(day_after, day + 90) AS day_after
  FROM staging.tickets
  UNION ALL
  SELECT tickets.account_id, TRUE, moves.is_escalated, tickets.type, tickets.severity, tickets.day,
         greatest(moves.day, tickets.first_day), least(moves.next_day, tickets.day_after)
  FROM metrics.ticket_moves AS moves
  JOIN staging.tickets ON tickets.ticket_id = moves.ticket_id
  WHERE moves.is_open
), counts AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    count(type) FILTER (WHERE NOT is_open AND spine.as_of_date - opened_on < 28) AS opened_28d,
    count(type) FILTER (WHERE NOT is_open) AS opened_90d,
    count(type) FILTER (WHERE NOT is_open AND type = 'bug') AS bugs_90d,
    count(type) FILTER (WHERE NOT is_open AND type = 'incident') AS incidents_90d,
    count(type) FILTER (WHERE NOT is_open AND type = 'question') AS questions_90d,
    count(type) FILTER (WHERE NOT is_open AND type = 'feature_request') AS feature_requests_90d,
    count(type) FILTER (WHERE NOT is_open AND type = 'billing') AS billing_90d,
    count(type) FILTER (WHERE NOT is_open AND severity <= 2) AS severe_90d,
    count(type) FILTER (WHERE NOT is_open AND severity <= 2 AND spine.as_of_date - opened_on < 28) AS severe_28d,
    count(type) FILTER (WHERE is_open) AS open_now,
    count(type) FILTER (WHERE is_open AND severity <= 2) AS severe_now,
    count(type) FILTER (WHERE is_open AND type = 'bug') AS bugs_now,
    count(type) FILTER (WHERE is_open AND is_escalated) AS escalated_now,
    sum(spine.as_of_date - opened_on) FILTER (WHERE is_open) AS open_days
  -- The tickets come first: the engine keeps the left side in memory and lets the right one pass.
  FROM spans
  RIGHT JOIN metrics.spine
    ON spine.account_id = spans.account_id
   AND spans.first_day <= spine.as_of_date
   AND (spans.day_after IS NULL OR spine.as_of_date < spans.day_after)
  GROUP BY spine.account_id, spine.as_of_date
)
SELECT
  rolling.account_id,
  rolling.as_of_date,
  CASE WHEN with_tickets AND is_whole_28d THEN opened_28d END AS tickets_opened_28d,
  CASE WHEN with_tickets AND is_whole_90d THEN opened_90d END AS tickets_opened_90d,
  CASE WHEN with_tickets AND is_whole_28d AND ready('events', 28, rolling.as_of_date) THEN CAST(opened_28d AS DOUBLE) / nullif(usage.active_users_28d, 0) END AS tickets_per_user_28d,
  CASE WHEN with_tickets AND is_whole_90d THEN bugs_90d END AS bugs_90d,
  CASE WHEN with_tickets AND is_whole_90d THEN incidents_90d END AS incidents_90d,
  CASE WHEN with_tickets AND is_whole_90d THEN questions_90d END AS questions_90d,
  CASE WHEN with_tickets AND is_whole_90d THEN feature_requests_90d END AS feature_requests_90d,
  CASE WHEN with_tickets AND is_whole_90d THEN billing_90d END AS billing_tickets_90d,
  CASE WHEN with_tickets AND is_whole_90d THEN severe_90d END AS severe_tickets_90d,
  CASE WHEN with_tickets AND is_whole_28d THEN severe_28d END AS severe_tickets_28d,
  CASE WHEN with_moves AND is_whole_28d THEN closed_28d END AS tickets_closed_28d,
  CASE WHEN with_moves AND is_whole_90d THEN reopened_90d END AS tickets_reopened_90d,
  CASE WHEN with_moves THEN open_now END AS tickets_open,
  CASE WHEN with_moves THEN severe_now END AS severe_tickets_open,
  CASE WHEN with_moves THEN bugs_now END AS bugs_open,
  CASE WHEN with_moves
       THEN CAST(open_days AS DOUBLE) / nullif(open_now, 0)
  END AS open_ticket_days_mean,
  CASE WHEN with_moves AND is_whole_90d THEN escalations_90d END AS escalations_90d,
  CASE WHEN with_moves AND is_whole_28d THEN escalations_28d END AS escalations_28d,
  CASE WHEN with_moves THEN escalated_now END AS escalations_open,
  CASE WHEN with_moves AND is_whole_90d THEN wait_median / 3600 END AS resolve_hours_median_90d,
  CASE WHEN with_moves AND is_whole_90d THEN wait_median >= 28 * 86400 END AS resolve_median_is_censored,
  CASE WHEN with_moves THEN CAST(open_now AS DOUBLE) * 30 / least(greatest(tenure_days, 30), 90) END AS support_burden
FROM rolling
JOIN counts ON counts.account_id = rolling.account_id AND counts.as_of_date = rolling.as_of_date
JOIN metrics.usage AS usage ON usage.account_id = rolling.account_id AND usage.as_of_date = rolling.as_of_date
WHERE on_spine
