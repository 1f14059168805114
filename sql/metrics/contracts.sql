-- What an account has under contract at the end of each day, from the lines in force as they were known that day; money
-- in the project's currency. A line is in force from its start to the day before its end.
--
-- An account whose last line ended less than `return_gap_days` ago keeps its rows, with nothing in force: only when that
-- time has passed without a new line is it known to have left, and one that comes back within it has not churned.
-- No row on any other day. The accounts are those of the contracts, listed as customers or not.
CREATE TABLE metrics.contracts (
  account_id        VARCHAR NOT NULL, -- who signed
  as_of_date        DATE    NOT NULL, -- at the end of this day
  account_since     DATE    NOT NULL CHECK (account_since <= as_of_date), -- first day of the oldest line known of the account
  contract_lines    BIGINT  NOT NULL CHECK (contract_lines >= 0), -- lines in force; 0 in the days after the last
  contracts         BIGINT  NOT NULL CHECK (contracts <= contract_lines), -- contracts that these belong to
  products          BIGINT  NOT NULL CHECK (products <= contract_lines), -- products bought
  currencies        BIGINT  NOT NULL CHECK (currencies <= contract_lines), -- currencies they are in
  arr               DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- worth a year, all lines in force
  seats             BIGINT  NOT NULL CHECK (seats >= 0), -- seats of all lines in force
  cancelled_arr     DECIMAL(18,2) NOT NULL CHECK (cancelled_arr BETWEEN 0 AND arr), -- part of `arr` in lines that are cancelled and end on their end date
  next_renewal_date DATE    CHECK (next_renewal_date > as_of_date), -- when the next of the lines that are not cancelled renews; NULL without one to come
  next_renewal_arr  DECIMAL(18,2) NOT NULL CHECK (next_renewal_arr BETWEEN 0 AND arr - cancelled_arr), -- part of `arr` that renews on that date
  days_to_renewal   BIGINT  CHECK (days_to_renewal >= 1), -- days until that date
  auto_renew_arr    DECIMAL(18,2) NOT NULL CHECK (auto_renew_arr BETWEEN 0 AND arr - cancelled_arr), -- part of `arr` that renews unless somebody acts
  approximate       BOOLEAN NOT NULL, -- a line's row of now stood for what was in its past
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH line_days AS (
  SELECT
    contracts.*,
    days.day AS as_of_date,
    contracts.end_date IS NULL OR days.day < contracts.end_date AS is_in_force,
    CASE WHEN NOT contracts.is_cancelled AND contracts.renewal_date > days.day
           AND (contracts.end_date IS NULL OR days.day < contracts.end_date)
      THEN contracts.renewal_date END AS renews_on
  FROM staging.contracts
  JOIN calendar.days
    ON days.day >= greatest(contracts.first_day, contracts.start_date)
   AND days.day < coalesce(least(contracts.day_after, contracts.end_date + $return_gap_days), DATE '9999-12-31')
), placed AS (
  SELECT *, min(renews_on) OVER (PARTITION BY account_id, as_of_date) AS next_renewal_date
  FROM line_days
)
SELECT
  account_id,
  as_of_date,
  min(account_since) AS account_since,
  count(line_id) FILTER (WHERE is_in_force) AS contract_lines,
  count(DISTINCT contract_id) FILTER (WHERE is_in_force) AS contracts,
  count(DISTINCT product_id) FILTER (WHERE is_in_force) AS products,
  count(DISTINCT currency) FILTER (WHERE is_in_force) AS currencies,
  CAST(coalesce(sum(arr) FILTER (WHERE is_in_force), 0) AS DECIMAL(18,2)) AS arr,
  coalesce(sum(seats) FILTER (WHERE is_in_force), 0) AS seats,
  CAST(coalesce(sum(arr) FILTER (WHERE is_in_force AND is_cancelled), 0) AS DECIMAL(18,2)) AS cancelled_arr,
  next_renewal_date,
  CAST(coalesce(sum(arr) FILTER (WHERE renews_on = next_renewal_date), 0) AS DECIMAL(18,2)) AS next_renewal_arr,
  CAST(next_renewal_date - as_of_date AS BIGINT) AS days_to_renewal,
  CAST(coalesce(sum(arr) FILTER (WHERE is_in_force AND auto_renew AND NOT is_cancelled), 0) AS DECIMAL(18,2)) AS auto_renew_arr,
  bool_or(coalesce(as_of_date < approximate_until, FALSE)) AS approximate
FROM placed
GROUP BY account_id, as_of_date, next_renewal_date
