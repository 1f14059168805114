-- Whom to call first: every scored customer of a day, and apart those that have revenue and no score, each with why.
--
-- First come those with anything wrong whose decision is near: a renewal within `due_within_days` or overdue, notice given
-- for a part, or silence, which is as good as notice. Then by severity, then by the place of their ARR in the book of their
-- owner, so that each owner's largest is among the first. `severity`: 4 silent and at risk, or silent and not scored; 3 at risk and
-- worse lately; 2 at risk as before; 1 worse lately; 0 nothing of it.
-- What a score lacks is a shortfall; it is nobody's loss, and no part of the order.
-- Who is at risk or not scored is here for a reason: where nothing changed lately, that is the override, or what costs the
-- score most.
CREATE TABLE marts.work_queue (
  account_id      VARCHAR NOT NULL, -- the account
  as_of_date      DATE    NOT NULL, -- at the end of this day
  list            VARCHAR NOT NULL CHECK (list IN ('scored', 'unscored')), -- in which of the two lists it is
  rank            BIGINT  NOT NULL CHECK (rank >= 1), -- 1 is the first to call of its list
  account_name    VARCHAR, -- name of the account
  owner_id        VARCHAR, -- owner of the account, our CSM; NULL without one
  segment         VARCHAR NOT NULL, -- SMB, MM or ENT
  tier            VARCHAR NOT NULL, -- the range the score is in
  score           DOUBLE  CHECK ((score IS NULL) = (list = 'unscored')), -- the main score
  shortfall       DOUBLE  CHECK (shortfall BETWEEN 0 AND 1), -- what the score lacks, as a share of its scale
  is_at_risk      BOOLEAN, -- the tier is one at risk; NULL when unscored
  why_unscored    VARCHAR CHECK ((why_unscored IS NULL) = (list = 'scored')), -- why there is no score; NULL with one
  severity        BIGINT  NOT NULL CHECK (severity BETWEEN 0 AND 4), -- how bad it is, 4 is the worst
  is_due          BOOLEAN NOT NULL, -- its decision is near: a renewal to come or overdue, notice, or silence
  days_to_renewal BIGINT, -- days until the next renewal; NULL without one
  arr             DECIMAL(18,2) NOT NULL, -- worth a year
  book_rank       BIGINT  NOT NULL CHECK (book_rank >= 1), -- rank of its ARR among the accounts of its owner, 1 is the largest
  changes         BIGINT  NOT NULL CHECK (changes >= 0), -- things that got worse lately
  reasons         VARCHAR NOT NULL, -- what got worse lately; without anything why it is at risk or not scored, and else empty
  PRIMARY KEY (as_of_date, list, rank), UNIQUE (account_id, as_of_date),
  CHECK (reasons <> '' OR is_at_risk IS FALSE)
) PARTITIONED BY (as_of_date) AS
WITH costs AS (
  SELECT account_id, as_of_date, component, (points - min_points) / (max_points - min_points) AS share, effective_weight
  FROM components.main
  WHERE points IS NOT NULL AND max_points > min_points
), weakest AS (
  SELECT
    account_id,
    as_of_date,
    first_value(component ORDER BY effective_weight * (1 - share) DESC, component) AS component,
    first_value(share ORDER BY effective_weight * (1 - share) DESC, component) AS share
  FROM costs
  GROUP BY account_id, as_of_date
), judged AS (
  SELECT
    customers.*,
    changes.changes,
    changes.reasons AS changed,
    CASE
      WHEN NOT customers.is_at_risk THEN ''
      WHEN health.override_id IS NOT NULL THEN 'nothing new, but overridden: ' || coalesce(health.override_reason, 'no reason given')
      WHEN weakest.component IS NULL THEN 'nothing new, but low, as the scores it is made of'
      ELSE 'nothing new, but low, most by ' || weakest.component || ' ('
        || CAST(CAST(round(weakest.share * 100) AS BIGINT) AS VARCHAR) || ' % of its points)'
    END AS as_before,
    CASE WHEN customers.score IS NULL THEN 'unscored' ELSE 'scored' END AS list,
    CASE
      WHEN customers.score IS NOT NULL THEN NULL
      WHEN health.reason = 'expected_idle' THEN 'no usage is expected of it now'
      WHEN health.reason = 'insufficient_coverage'
        THEN 'too little is known: ' || CAST(CAST(round(health.coverage * 100) AS BIGINT) AS VARCHAR) || ' % of what counts'
      ELSE health.reason
    END AS why_unscored,
    CASE
      WHEN changes.is_silent AND coalesce(customers.is_at_risk, TRUE) THEN 4
      WHEN customers.is_at_risk AND changes.changes > 0 THEN 3
      WHEN customers.is_at_risk THEN 2
      WHEN changes.changes > 0 THEN 1
      ELSE 0
    END AS severity,
    coalesce(customers.days_to_renewal <= $due_within_days, FALSE) OR accounts.cancelled_arr > 0
      OR accounts.overdue_renewal_arr > 0 OR changes.is_silent AS is_due,
    row_number() OVER (
      PARTITION BY customers.as_of_date, customers.owner_id ORDER BY customers.arr DESC, customers.account_id
    ) AS book_rank
  FROM marts.customers AS customers
  JOIN metrics.accounts AS accounts
    ON accounts.account_id = customers.account_id AND accounts.as_of_date = customers.as_of_date
  JOIN marts.changes AS changes
    ON changes.account_id = customers.account_id AND changes.as_of_date = customers.as_of_date
  JOIN scores.main AS health
    ON health.account_id = customers.account_id AND health.as_of_date = customers.as_of_date
  LEFT JOIN weakest ON weakest.account_id = customers.account_id AND weakest.as_of_date = customers.as_of_date
)
SELECT
  account_id,
  as_of_date,
  list,
  row_number() OVER (
    PARTITION BY as_of_date, list
    ORDER BY CASE WHEN is_due AND severity > 0 THEN 0 ELSE 1 END, severity DESC, book_rank, arr DESC, account_id
  ) AS rank,
  account_name,
  owner_id,
  segment,
  tier,
  score,
  round(1 - score_share, 4) AS shortfall,
  is_at_risk,
  why_unscored,
  severity,
  is_due,
  days_to_renewal,
  arr,
  book_rank,
  changes,
  CASE WHEN changed = '' THEN coalesce(why_unscored, as_before) ELSE changed END AS reasons
FROM judged
WHERE list = 'scored' OR arr > 0
