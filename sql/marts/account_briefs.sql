-- What somebody who takes over an account has to know, on one line: who, what it is worth, how it does and why, what is
-- open, what was promised.
CREATE TABLE marts.account_briefs (
  account_id VARCHAR NOT NULL, -- the account
  as_of_date DATE NOT NULL, -- at the end of this day
  account_name VARCHAR, -- name of the account
  segment VARCHAR NOT NULL, -- SMB, MM or ENT
  score DOUBLE, -- the main score; NULL when unscored
  tier VARCHAR NOT NULL, -- the range the score is in
  is_at_risk BOOLEAN, -- the tier is one at risk; NULL when unscored
  strongest VARCHAR, -- the component with the largest share of its points; NULL when nothing counts
  weakest VARCHAR, -- the component with the smallest share of its points; NULL when nothing counts
  reasons VARCHAR, -- what got worse lately; NULL without a contract in force
  owner_id VARCHAR, -- owner of the account, our CSM; NULL without one
  owner_tenure_days BIGINT, -- days that the account has been theirs
  stage VARCHAR NOT NULL, -- onboarding, implementation or live
  tenure_days BIGINT NOT NULL, -- days as a customer
  arr DECIMAL(18,2) NOT NULL, -- worth a year
  seats BIGINT NOT NULL, -- seats it pays for
  days_to_renewal BIGINT, -- days until the next renewal; NULL without one
  overdue_amount DECIMAL(18,2), -- what is owed on open invoices past their due day, those that the customer objects to left out
  active_users_28d BIGINT, -- users seen in 28 days; NULL while another account has gone on in it for less than 28 days
  usage_growth_28d DOUBLE, -- share by which usage grew; NULL without a base
  feature_adoption_28d DOUBLE, -- share of what it may use that it does use
  tickets_open BIGINT, -- tickets open
  escalations_open BIGINT, -- open tickets that are escalated
  has_sponsor BOOLEAN, -- there is an executive sponsor
  days_since_sponsor_contact BIGINT, -- days since the last meeting with one
  days_since_meeting BIGINT, -- days since the last meeting
  nps_latest DOUBLE, -- last answer to whether they would recommend us
  sentiment_mean_90d DOUBLE, -- mean sentiment of what they wrote, -1 to 1
  csm_pulse DOUBLE, -- how its owner thought it was doing, 1 to 5
  csm_pulse_reason VARCHAR, -- the reason that was given for the pulse
  goals_attained BIGINT, -- goals reached
  goals_overdue BIGINT, -- goals past their day
  advocacy_acts_180d BIGINT, -- what it did for us in half a year
  open_expansion_arr DECIMAL(18,2), -- what is under discussion, worth a year
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH placed AS (
  SELECT
    account_id,
    as_of_date,
    component,
    effective_weight,
    (points - min_points) / (max_points - min_points) AS share
  FROM components.main
  WHERE points IS NOT NULL AND max_points > min_points
), extremes AS (
  SELECT
    account_id,
    as_of_date,
    first_value(component ORDER BY share DESC, effective_weight DESC, component) AS strongest,
    first_value(component ORDER BY share, effective_weight DESC, component) AS weakest
  FROM placed
  GROUP BY account_id, as_of_date
)
SELECT
  accounts.account_id,
  accounts.as_of_date,
  accounts.account_name,
  accounts.segment,
  round(health.score, 4) AS score,
  health.tier,
  health.is_at_risk,
  extremes.strongest,
  extremes.weakest,
  changes.reasons,
  accounts.owner_id,
  accounts.owner_tenure_days,
  accounts.stage,
  accounts.tenure_days,
  accounts.arr,
  accounts.seats,
  accounts.days_to_renewal,
  accounts.overdue_amount,
  accounts.active_users_28d,
  round(accounts.usage_growth_28d, 4) AS usage_growth_28d,
  round(accounts.feature_adoption_28d, 4) AS feature_adoption_28d,
  accounts.tickets_open,
  accounts.escalations_open,
  accounts.has_sponsor,
  accounts.days_since_sponsor_contact,
  accounts.days_since_meeting,
  round(accounts.nps_latest, 4) AS nps_latest,
  round(accounts.sentiment_mean_90d, 4) AS sentiment_mean_90d,
  accounts.csm_pulse,
  accounts.csm_pulse_reason,
  accounts.goals_attained,
  accounts.goals_overdue,
  accounts.advocacy_acts_180d,
  accounts.open_expansion_arr
FROM metrics.accounts AS accounts
JOIN scores.main AS health ON health.account_id = accounts.account_id AND health.as_of_date = accounts.as_of_date
LEFT JOIN extremes ON extremes.account_id = accounts.account_id AND extremes.as_of_date = accounts.as_of_date
LEFT JOIN marts.changes AS changes
  ON changes.account_id = accounts.account_id AND changes.as_of_date = accounts.as_of_date
