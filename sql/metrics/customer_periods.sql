-- What a customer that is scored has under contract, one row per stretch of days in which neither its contracts nor what
-- the CRM says of it changes: the days of `metrics.spine`, put together; money in the project's currency.
CREATE TABLE metrics.customer_periods (
  account_id   VARCHAR NOT NULL, -- the account
  first_day    DATE    NOT NULL, -- first day of the stretch
  day_after    DATE    NOT NULL CHECK (day_after > first_day), -- first day after the stretch; 9999-12-31 while no end is known
  segment      VARCHAR NOT NULL, -- SMB, MM or ENT
  arr          DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- worth a year, all lines in force
  is_in_force  BOOLEAN NOT NULL, -- a contract line is in force; FALSE in the days after the last
  paying_since DATE    CHECK (paying_since <= first_day), -- first day with ARR above 0; NULL before it
  PRIMARY KEY (account_id, first_day)
) AS
WITH stretches AS (
  SELECT
    accounts.account_id,
    greatest(periods.first_day, accounts.first_day) AS first_day,
    least(periods.day_after, coalesce(accounts.day_after, DATE '9999-12-31')) AS day_after,
    accounts.segment,
    periods.arr,
    periods.contract_lines > 0 AS is_in_force
  FROM staging.accounts
  JOIN metrics.contract_periods AS periods
    ON periods.account_id = accounts.account_id
   AND periods.day_after > accounts.first_day
   AND periods.first_day < coalesce(accounts.day_after, DATE '9999-12-31')
)
SELECT
  account_id,
  first_day,
  day_after,
  segment,
  arr,
  is_in_force,
  min(CASE WHEN arr > 0 THEN first_day END) OVER (
    PARTITION BY account_id ORDER BY first_day RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS paying_since
FROM stretches
