-- Where to spend time first: every scored customer of a day in the order of what is at stake, what is at risk of it, and
-- how much of that is new.
--
-- Priority is ARR, times the share of it that is at risk (what the health score lacks of 100), times one more than the
-- number of things that got worse lately: a large account that is as bad as ever waits behind a smaller one that is
-- falling. `reasons` names those things.
CREATE TABLE marts.work_queue (
  account_id   VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date   DATE    NOT NULL, -- at the end of this day
  place        BIGINT  NOT NULL CHECK (place >= 1), -- 1 is the first to call
  owner_id     VARCHAR, -- our manager; NULL without one
  segment      VARCHAR NOT NULL, -- SMB, MM or ENT
  score        DOUBLE  NOT NULL, -- of health
  tier         VARCHAR NOT NULL, -- the range the score is in
  arr          DECIMAL(18,2) NOT NULL, -- worth a year
  risk         DOUBLE  NOT NULL CHECK (risk BETWEEN 0 AND 1), -- what the score lacks, as a share
  changes      BIGINT  NOT NULL CHECK (changes >= 0), -- things that got worse lately
  priority     DOUBLE  NOT NULL CHECK (priority >= 0), -- what the order is by: ARR at risk, times one more than those
  reasons      VARCHAR NOT NULL, -- what these are; empty without any
  days_to_renewal BIGINT, -- days until the next renewal; NULL without one
  PRIMARY KEY (as_of_date, place), UNIQUE (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH signs AS (
  SELECT
    standings.*,
    accounts.days_to_renewal,
    CASE WHEN accounts.usage_growth_28d <= -0.25 THEN 'usage fell' END AS usage_fell,
    CASE WHEN accounts.active_users_growth_28d <= -0.25 THEN 'users left off' END AS users_fell,
    CASE WHEN accounts.sponsors_left_90d > 0 OR accounts.champions_left_90d > 0 THEN 'a sponsor or champion left' END AS people_left,
    CASE WHEN accounts.escalations_open > 0 THEN 'a ticket is escalated' WHEN accounts.severe_tickets_open > 0 THEN 'a severe ticket is open' END AS in_trouble,
    CASE WHEN accounts.overdue_amount > 0 THEN 'an invoice is overdue' END AS unpaid,
    CASE WHEN accounts.nps_latest <= 6 AND accounts.nps_age_days < 28 THEN 'would not recommend us' END AS unhappy,
    CASE WHEN accounts.sentiment_mean_28d < 0 THEN 'writes in anger' END AS angry,
    CASE WHEN accounts.milestones_stalled > 0 THEN 'onboarding stalls' END AS stalled,
    CASE WHEN accounts.advocacy_lapsed THEN 'speaks for us no more' END AS silent
  FROM marts.standings AS standings
  JOIN metrics.accounts AS accounts
    ON accounts.account_id = standings.account_id AND accounts.as_of_date = standings.as_of_date
  WHERE standings.score IS NOT NULL
), weighed AS (
  SELECT
    *,
    1 - score / 100 AS risk,
    CASE WHEN usage_fell IS NULL THEN 0 ELSE 1 END + CASE WHEN users_fell IS NULL THEN 0 ELSE 1 END
      + CASE WHEN people_left IS NULL THEN 0 ELSE 1 END + CASE WHEN in_trouble IS NULL THEN 0 ELSE 1 END
      + CASE WHEN unpaid IS NULL THEN 0 ELSE 1 END + CASE WHEN unhappy IS NULL THEN 0 ELSE 1 END
      + CASE WHEN angry IS NULL THEN 0 ELSE 1 END + CASE WHEN stalled IS NULL THEN 0 ELSE 1 END
      + CASE WHEN silent IS NULL THEN 0 ELSE 1 END AS changes
  FROM signs
)
SELECT
  account_id,
  as_of_date,
  row_number() OVER (
    PARTITION BY as_of_date ORDER BY CAST(arr AS DOUBLE) * risk * (1 + changes) DESC, account_id
  ) AS place,
  owner_id,
  segment,
  score,
  tier,
  arr,
  risk,
  changes,
  CAST(arr AS DOUBLE) * risk * (1 + changes) AS priority,
  concat_ws(', ', usage_fell, users_fell, people_left, in_trouble, unpaid, unhappy, angry, stalled, silent) AS reasons,
  days_to_renewal
FROM weighed
