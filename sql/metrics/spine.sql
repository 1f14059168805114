-- One row per account and day on which it was a customer, whether or not anything happened: the silent customer is
-- the one a score exists for. A customer has a contract line in force, or had one less than `return_gap_days` ago; what
-- the CRM says of it is what it said that day. One that goes on in another account is no customer from then on.
--
-- What it did before stays under its own name, and the survivor's events of before are no history of both. So a window that
-- reaches back before the merge has no value yet, which is neither what both did nor what one of them did: `joined_days`
-- says how far windows may reach. What is read as it stands on a day, such as contracts, open tickets, people there and what
-- was answered last, and how long something is ago, goes on under the survivor's name.
CREATE TABLE metrics.spine (
  account_id        VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date        DATE    NOT NULL, -- facts as of the end of this day
  account_name      VARCHAR, -- name of the account, for people
  segment           VARCHAR NOT NULL, -- SMB, MM or ENT
  region            VARCHAR, -- where the account is run from
  industry          VARCHAR, -- line of business of the account
  business_model    VARCHAR, -- how the account is sold to
  parent_account_id VARCHAR, -- the account that this one belongs to; NULL for one of its own
  tenure_days       BIGINT  NOT NULL CHECK (tenure_days >= 1), -- days as a customer, this one included
  same_days         BIGINT  NOT NULL CHECK (same_days BETWEEN 1 AND tenure_days), -- days as a customer since the last account went on in it, or all where none did: growth and trends look no further back
  joined_days       BIGINT  CHECK (joined_days >= same_days), -- days since the last account went on in it, this one included: a window of more days has no value yet; NULL where none did
  is_in_force       BOOLEAN NOT NULL, -- a contract line is in force; FALSE in the days after the last
  approximate       BOOLEAN NOT NULL, -- a row of now stood for what was in the past
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH days AS (
  SELECT survivor_id, first_day
  FROM staging.survivors
  GROUP BY survivor_id, first_day
), joined AS (
  SELECT
    survivor_id AS account_id,
    first_day AS joined_on,
    coalesce(lag(first_day) OVER (PARTITION BY survivor_id ORDER BY first_day DESC), DATE '9999-12-31') AS joined_again_on
  FROM days
)
SELECT
  contracts.account_id,
  contracts.as_of_date,
  accounts.name AS account_name,
  accounts.segment,
  accounts.region,
  accounts.industry,
  accounts.business_model,
  accounts.parent_account_id,
  contracts.as_of_date - least(accounts.customer_since, contracts.account_since) + 1 AS tenure_days,
  contracts.as_of_date - greatest(least(accounts.customer_since, contracts.account_since), joined.joined_on) + 1 AS same_days,
  contracts.as_of_date - joined.joined_on + 1 AS joined_days,
  contracts.contract_lines > 0 AS is_in_force,
  contracts.approximate OR coalesce(contracts.as_of_date < accounts.approximate_until, FALSE) AS approximate
-- The few versions of accounts come first: the engine keeps the left side in memory and lets the right one pass.
FROM staging.accounts
JOIN metrics.contracts
  ON contracts.account_id = accounts.account_id
 AND contracts.as_of_date >= accounts.first_day
 AND contracts.as_of_date < coalesce(accounts.day_after, DATE '9999-12-31')
LEFT JOIN joined
  ON joined.account_id = contracts.account_id
 AND contracts.as_of_date >= joined.joined_on
 AND contracts.as_of_date < joined.joined_again_on
