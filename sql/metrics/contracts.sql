-- What an account has under contract at the end of each day: the stretches of `metrics.contract_periods`, day by day.
-- No row on a day on which it is no customer.
CREATE TABLE metrics.contracts (
  account_id        VARCHAR NOT NULL, -- the account
  as_of_date        DATE    NOT NULL, -- facts as of the end of this day
  account_since     DATE    NOT NULL CHECK (account_since <= as_of_date), -- first day of the oldest line of the account, ended or not
  contract_lines    BIGINT  NOT NULL, -- contract lines in force; 0 in the days after the last
  contracts         BIGINT  NOT NULL, -- contracts that the lines in force belong to
  products          BIGINT  NOT NULL, -- products that the lines in force are for
  currencies        BIGINT  NOT NULL, -- currencies that the lines in force are in
  arr               DECIMAL(18,2) NOT NULL, -- worth a year, all lines in force, in the project's currency
  mrr               DECIMAL(18,2) NOT NULL, -- worth a month, all lines in force: a twelfth of `arr`, rounded to the cent
  seats             BIGINT  NOT NULL, -- seats of all lines in force
  cancelled_arr     DECIMAL(18,2) NOT NULL, -- part of `arr` in lines that are cancelled and end on their end date
  auto_renew_arr    DECIMAL(18,2) NOT NULL, -- part of `arr` that renews unless somebody acts
  overdue_renewal_arr DECIMAL(18,2) NOT NULL, -- part of `arr` in lines whose end has passed and whose renewal nobody wrote down yet
  next_renewal_date DATE    CHECK (next_renewal_date > as_of_date), -- when the next of the lines that are not cancelled renews; NULL without one to come
  next_renewal_arr  DECIMAL(18,2) NOT NULL, -- part of `arr` that renews on `next_renewal_date`
  days_to_renewal   BIGINT  CHECK (days_to_renewal >= 1), -- days until `next_renewal_date`; NULL without one
  approximate       BOOLEAN NOT NULL, -- a line's row of now stood for what was in its past
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  periods.account_id,
  days.day AS as_of_date,
  periods.account_since,
  periods.contract_lines,
  periods.contracts,
  periods.products,
  periods.currencies,
  periods.arr,
  CAST(periods.arr / 12 AS DECIMAL(18,2)) AS mrr,
  periods.seats,
  periods.cancelled_arr,
  periods.auto_renew_arr,
  periods.overdue_renewal_arr,
  periods.next_renewal_date,
  periods.next_renewal_arr,
  periods.next_renewal_date - days.day AS days_to_renewal,
  periods.approximate
FROM metrics.contract_periods AS periods
JOIN calendar.days
  ON days.day >= periods.first_day
 AND days.day < periods.day_after
