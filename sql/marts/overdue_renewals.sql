-- Whose contract has run out without a word, one row per line and day: its end has passed less than `return_gap_days` ago,
-- it was not cancelled, and nobody wrote down that it renewed or what took its place. These are the days to call in.
CREATE TABLE marts.overdue_renewals (
  line_id      VARCHAR NOT NULL, -- the contract line
  as_of_date   DATE    NOT NULL, -- at the end of this day
  state        VARCHAR NOT NULL CHECK (state IN ('overdue', 'lapsed')), -- overdue: it renews unless somebody acts, and counts as in force for so long; lapsed: it does not renew by itself, and is no more in force
  days_overdue BIGINT  NOT NULL CHECK (days_overdue >= 1), -- days past its end, this one included
  days_left    BIGINT  NOT NULL CHECK (days_left >= 1), -- days until the line counts as lost
  account_id   VARCHAR NOT NULL, -- who signed
  account_name VARCHAR, -- its name
  segment      VARCHAR NOT NULL, -- SMB, MM or ENT
  owner_id     VARCHAR, -- its owner, our CSM; NULL without one
  tier         VARCHAR NOT NULL, -- of the main score
  is_at_risk   BOOLEAN, -- the tier is one at risk; NULL when unscored
  contract_id  VARCHAR NOT NULL, -- the contract that the line belongs to
  product_id   VARCHAR NOT NULL, -- what was bought
  seats        BIGINT  NOT NULL, -- seats of the line
  arr          DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- what the line was worth a year
  end_date     DATE    NOT NULL, -- the day on which it ran out
  PRIMARY KEY (line_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  lines.line_id,
  accounts.as_of_date,
  lines.state,
  accounts.as_of_date - lines.end_date + 1 AS days_overdue,
  lines.end_date + CAST($return_gap_days AS BIGINT) - accounts.as_of_date AS days_left,
  accounts.account_id,
  accounts.account_name,
  accounts.segment,
  accounts.owner_id,
  health.tier,
  health.is_at_risk,
  lines.contract_id,
  lines.product_id,
  lines.seats,
  lines.arr,
  lines.end_date
-- The few lines come first: the engine keeps the left side in memory and lets the right one pass.
FROM metrics.contract_lines AS lines
JOIN metrics.accounts AS accounts
  ON accounts.account_id = lines.account_id
 AND accounts.as_of_date >= lines.first_day
 AND accounts.as_of_date < lines.day_after
JOIN scores.main AS health ON health.account_id = accounts.account_id AND health.as_of_date = accounts.as_of_date
WHERE lines.state <> 'in_force'
