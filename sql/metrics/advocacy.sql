-- What each account did for us, as of each day: referrals, references, testimonials, events, betas. An act counts from
-- the day it was done for as long as that day is in the window; what was only asked for is none.
--
-- A lapse is what an account did in the half-year before and not in this one: those who stop speaking for us often
-- leave next.
CREATE TABLE metrics.advocacy (
  account_id         VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date         DATE NOT NULL, -- facts as of the end of this day
  advocacy_acts_180d BIGINT CHECK (advocacy_acts_180d >= 0), -- acts of advocacy of any kind in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  referrals_180d     BIGINT CHECK (referrals_180d >= 0), -- others that the customer brought to us in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  references_180d    BIGINT CHECK (references_180d >= 0), -- calls with others on our behalf in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  testimonials_180d  BIGINT CHECK (testimonials_180d >= 0), -- testimonials, reviews, case studies and marketing with us in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  events_attended_180d BIGINT CHECK (events_attended_180d >= 0), -- events of ours that the customer came to in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  betas_180d         BIGINT CHECK (betas_180d >= 0), -- trials of what is new in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  references_lapsed  BOOLEAN, -- gave references in the 180 days before the last 180, and none in the last; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 360 days
  events_lapsed      BOOLEAN, -- came to events in the 180 days before the last 180, and to none in the last; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 360 days
  advocacy_lapsed    BOOLEAN, -- did anything for us in the 180 days before the last 180, and nothing in the last; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 360 days
  advocacy_asks_open BIGINT CHECK (advocacy_asks_open >= 0), -- acts of advocacy asked for in 180 days, and not done; NULL where advocacy is not reported
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH counts AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    coalesce(spine.joined_days >= 180, TRUE) AS is_whole_180d,
    coalesce(spine.joined_days >= 360, TRUE) AS is_whole_360d,
    count(act_id) FILTER (WHERE spine.as_of_date - done_on BETWEEN 0 AND 179) AS acts,
    count(act_id) FILTER (WHERE spine.as_of_date - done_on BETWEEN 0 AND 179 AND type = 'referral') AS referrals,
    count(act_id) FILTER (WHERE spine.as_of_date - done_on BETWEEN 0 AND 179 AND type = 'reference_call') AS references_given,
    count(act_id) FILTER (WHERE spine.as_of_date - done_on BETWEEN 0 AND 179
      AND type IN ('testimonial', 'review', 'case_study', 'marketing')) AS testimonials,
    count(act_id) FILTER (WHERE spine.as_of_date - done_on BETWEEN 0 AND 179 AND type = 'event') AS events,
    count(act_id) FILTER (WHERE spine.as_of_date - done_on BETWEEN 0 AND 179 AND type = 'beta') AS betas,
    count(act_id) FILTER (WHERE spine.as_of_date - done_on BETWEEN 180 AND 359) AS acts_before,
    count(act_id) FILTER (WHERE spine.as_of_date - done_on BETWEEN 180 AND 359 AND type = 'reference_call') AS references_before,
    count(act_id) FILTER (WHERE spine.as_of_date - done_on BETWEEN 180 AND 359 AND type = 'event') AS events_before,
    count(act_id) FILTER (WHERE spine.as_of_date - asked_on BETWEEN 0 AND 179
      AND (done_on IS NULL OR spine.as_of_date < done_on)) AS asked
  -- The few acts come first: the engine keeps the left side in memory and lets the right one pass.
  FROM staging.advocacy
  RIGHT JOIN metrics.spine
    ON spine.account_id = advocacy.account_id
   AND spine.as_of_date >= least(asked_on, done_on)
   AND spine.as_of_date < greatest(asked_on + 180, done_on + 360)
  GROUP BY spine.account_id, spine.as_of_date, spine.joined_days
)
SELECT
  account_id,
  as_of_date,
  CASE WHEN reported('advocacy', as_of_date) AND is_whole_180d THEN acts END AS advocacy_acts_180d,
  CASE WHEN reported('advocacy', as_of_date) AND is_whole_180d THEN referrals END AS referrals_180d,
  CASE WHEN reported('advocacy', as_of_date) AND is_whole_180d THEN references_given END AS references_180d,
  CASE WHEN reported('advocacy', as_of_date) AND is_whole_180d THEN testimonials END AS testimonials_180d,
  CASE WHEN reported('advocacy', as_of_date) AND is_whole_180d THEN events END AS events_attended_180d,
  CASE WHEN reported('advocacy', as_of_date) AND is_whole_180d THEN betas END AS betas_180d,
  CASE WHEN reported('advocacy', as_of_date) AND is_whole_360d THEN references_before > 0 AND references_given = 0 END AS references_lapsed,
  CASE WHEN reported('advocacy', as_of_date) AND is_whole_360d THEN events_before > 0 AND events = 0 END AS events_lapsed,
  CASE WHEN reported('advocacy', as_of_date) AND is_whole_360d THEN acts_before > 0 AND acts = 0 END AS advocacy_lapsed,
  CASE WHEN reported('advocacy', as_of_date) THEN asked END AS advocacy_asks_open
FROM counts
