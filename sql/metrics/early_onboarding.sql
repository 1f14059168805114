-- How far each account had come into use on each of its first `onboarding_days`, as `metrics.onboarding_progress` has it. One row per
-- account and such a day.
--
-- It is stored by day, since no source has a span of it: what was true on a day is made of plans that spoke, steps, seats and users,
-- each with its own, and which days are the first follows from how old the account was by what was known of it on each.
CREATE TABLE metrics.early_onboarding (
  account_id         VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date         DATE    NOT NULL, -- facts as of the end of this day
  onboarding_depth   DOUBLE  CHECK (onboarding_depth BETWEEN 0 AND 1), -- share of the required steps of onboarding that is done, in the plans that speak; NULL where none is required, or where plans or their steps are not reported
  onboarding_breadth DOUBLE  CHECK (onboarding_breadth >= 0), -- users activated per seat, else per user invited; NULL with neither
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT account_id, as_of_date, onboarding_depth, onboarding_breadth
FROM metrics.onboarding_progress
WHERE tenure_days <= $onboarding_days
