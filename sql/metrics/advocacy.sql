-- What each account did for us, as of each day: referrals, references, testimonials, events, betas. An act counts from
-- the day it was done, once we know of it, for as long as that day is in the window; what was only asked for is none.
--
-- A lapse is what an account did in the half-year before and not in this one: those who stop speaking for us often
-- leave next.
CREATE TABLE metrics.advocacy (
  account_id         VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date         DATE NOT NULL, -- at the end of this day
  advocacy_acts_180d BIGINT CHECK (advocacy_acts_180d >= 0), -- all of them, in 180 days; NULL where advocacy is not reported
  referrals_180d     BIGINT CHECK (referrals_180d >= 0), -- others they brought to us
  references_180d    BIGINT CHECK (references_180d >= 0), -- calls with others on our behalf
  testimonials_180d  BIGINT CHECK (testimonials_180d >= 0), -- testimonials, reviews, case studies, and marketing with us
  events_attended_180d BIGINT CHECK (events_attended_180d >= 0), -- events of ours
  betas_180d         BIGINT CHECK (betas_180d >= 0), -- trials of what is new
  references_lapsed  BOOLEAN, -- gave references in the 180 days before and none in these
  events_lapsed      BOOLEAN, -- came to events in the 180 days before and to none in these
  advocacy_lapsed    BOOLEAN, -- did anything in the 180 days before and nothing in these
  advocacy_asks_open BIGINT CHECK (advocacy_asks_open >= 0), -- asked for in 180 days, and not done
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH spans AS (
  SELECT account_id, type, 'now' AS kind, greatest(first_day, done_on) AS first_day,
         coalesce(least(day_after, done_on + 180), DATE '9999-12-31') AS day_after
  FROM staging.advocacy
  WHERE done_on IS NOT NULL
  UNION ALL
  SELECT account_id, type, 'before', greatest(first_day, done_on + 180),
         coalesce(least(day_after, done_on + 360), DATE '9999-12-31')
  FROM staging.advocacy
  WHERE done_on IS NOT NULL
  UNION ALL
  SELECT account_id, type, 'asked', greatest(first_day, asked_on),
         coalesce(least(day_after, done_on, asked_on + 180), DATE '9999-12-31')
  FROM staging.advocacy
  WHERE asked_on IS NOT NULL
), log AS (
  SELECT account_id, CASE change WHEN 1 THEN first_day ELSE day_after END AS as_of_date, type, kind, change, FALSE AS on_spine
  FROM spans
  -- Each span against its two ends, so that what spans are made of is read once.
  CROSS JOIN (VALUES (1), (-1)) AS ends (change)
  WHERE first_day < day_after
  UNION ALL
  SELECT account_id, as_of_date, NULL, NULL, 0, TRUE
  FROM metrics.spine
), counts AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    coalesce(sum(change) FILTER (WHERE kind = 'now') OVER history, 0) AS acts,
    coalesce(sum(change) FILTER (WHERE kind = 'now' AND type = 'referral') OVER history, 0) AS referrals,
    coalesce(sum(change) FILTER (WHERE kind = 'now' AND type = 'reference_call') OVER history, 0) AS references_given,
    coalesce(sum(change) FILTER (WHERE kind = 'now' AND type IN ('testimonial', 'review', 'case_study', 'marketing')) OVER history, 0) AS testimonials,
    coalesce(sum(change) FILTER (WHERE kind = 'now' AND type = 'event') OVER history, 0) AS events,
    coalesce(sum(change) FILTER (WHERE kind = 'now' AND type = 'beta') OVER history, 0) AS betas,
    coalesce(sum(change) FILTER (WHERE kind = 'before') OVER history, 0) AS acts_before,
    coalesce(sum(change) FILTER (WHERE kind = 'before' AND type = 'reference_call') OVER history, 0) AS references_before,
    coalesce(sum(change) FILTER (WHERE kind = 'before' AND type = 'event') OVER history, 0) AS events_before,
    coalesce(sum(change) FILTER (WHERE kind = 'asked') OVER history, 0) AS asked
  FROM log
  WINDOW history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
  counts.account_id,
  counts.as_of_date,
  CASE WHEN advocacy THEN acts END AS advocacy_acts_180d,
  CASE WHEN advocacy THEN referrals END AS referrals_180d,
  CASE WHEN advocacy THEN references_given END AS references_180d,
  CASE WHEN advocacy THEN testimonials END AS testimonials_180d,
  CASE WHEN advocacy THEN events END AS events_attended_180d,
  CASE WHEN advocacy THEN betas END AS betas_180d,
  CASE WHEN advocacy THEN references_before > 0 AND references_given = 0 END AS references_lapsed,
  CASE WHEN advocacy THEN events_before > 0 AND events = 0 END AS events_lapsed,
  CASE WHEN advocacy THEN acts_before > 0 AND acts = 0 END AS advocacy_lapsed,
  CASE WHEN advocacy THEN asked END AS advocacy_asks_open
FROM metrics.reporting
JOIN counts ON counts.as_of_date = reporting.as_of_date
WHERE on_spine
