-- What an account has under contract, one row per stretch of days in which nothing of it changes (two that
-- follow each other may be alike); money in the project's currency.
--
-- A line is in force from its start to the day before its end, and for `return_gap_days` more where its renewal is overdue
-- (`metrics.line_states`). An account whose last line ended less than `return_gap_days` ago keeps its rows, with nothing
-- in force: only when that time has passed without a new line is it known to have left, and one that comes back within it
-- has not churned.
-- The accounts are those of the contracts, listed as customers or not.
CREATE TABLE metrics.contract_periods (
  account_id        VARCHAR NOT NULL, -- who signed
  first_day         DATE    NOT NULL, -- first day of the stretch
  day_after         DATE    NOT NULL CHECK (day_after > first_day), -- first day after it; 9999-12-31 while no end is known
  account_since     DATE    NOT NULL CHECK (account_since <= first_day), -- first day of the oldest line of the account, ended or not
  contract_lines    BIGINT  NOT NULL CHECK (contract_lines >= 0), -- lines in force; 0 in the days after the last
  contracts         BIGINT  NOT NULL CHECK (contracts <= contract_lines), -- contracts that the lines in force belong to
  products          BIGINT  NOT NULL CHECK (products <= contract_lines), -- products bought
  currencies        BIGINT  NOT NULL CHECK (currencies <= contract_lines), -- currencies that the lines in force are in
  arr               DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- worth a year, all lines in force
  seats             BIGINT  NOT NULL CHECK (seats >= 0), -- seats of all lines in force
  cancelled_arr     DECIMAL(18,2) NOT NULL CHECK (cancelled_arr BETWEEN 0 AND arr), -- part of `arr` in lines that are cancelled and end on their end date
  auto_renew_arr    DECIMAL(18,2) NOT NULL CHECK (auto_renew_arr BETWEEN 0 AND arr - cancelled_arr), -- part of `arr` that renews unless somebody acts
  overdue_renewal_arr DECIMAL(18,2) NOT NULL CHECK (overdue_renewal_arr BETWEEN 0 AND auto_renew_arr), -- part of `arr` in lines whose end has passed and whose renewal nobody wrote down yet
  next_renewal_date DATE    CHECK (next_renewal_date >= day_after), -- when the next of the lines that are not cancelled renews; NULL without one to come
  next_renewal_arr  DECIMAL(18,2) NOT NULL CHECK (next_renewal_arr BETWEEN 0 AND arr - cancelled_arr), -- part of `arr` that renews on `next_renewal_date`
  approximate       BOOLEAN NOT NULL, -- a line's row of now stood for what was in its past
  PRIMARY KEY (account_id, first_day)
) AS
WITH states AS (
  SELECT
    *,
    -- Counted in the place of names: the engine keeps far more room for a set of texts than for one of numbers.
    dense_rank() OVER (PARTITION BY account_id ORDER BY contract_id) AS contract_number,
    dense_rank() OVER (PARTITION BY account_id ORDER BY product_id) AS product_number,
    dense_rank() OVER (PARTITION BY account_id ORDER BY currency) AS currency_number
  FROM metrics.line_states
), turns AS (
  SELECT
    account_id,
    CASE kind
      WHEN 'from' THEN first_day
      WHEN 'to' THEN day_after
      WHEN 'renewal' THEN renewal_date
      ELSE approximate_until
    END AS day
  FROM metrics.line_states
  CROSS JOIN (VALUES ('from'), ('to'), ('renewal'), ('approximate')) AS kinds (kind)
  WHERE CASE kind
    WHEN 'renewal' THEN coalesce(renewal_date > first_day AND renewal_date < day_after, FALSE)
    WHEN 'approximate' THEN coalesce(approximate_until > first_day AND approximate_until < day_after, FALSE)
    ELSE TRUE
  END
), stretches AS (
  SELECT
    account_id,
    day AS first_day,
    lag(day) OVER (PARTITION BY account_id ORDER BY day DESC) AS day_after
  FROM turns
  GROUP BY account_id, day
), lines AS (
  SELECT
    stretches.first_day AS stretch_first_day,
    stretches.day_after AS stretch_day_after,
    states.*,
    states.state IN ('in_force', 'overdue') AS is_in_force,
    CASE
      WHEN states.state IN ('in_force', 'overdue') AND NOT states.is_cancelled AND states.renewal_date > stretches.first_day
        THEN states.renewal_date
    END AS renews_on
  FROM stretches
  JOIN states
    ON states.account_id = stretches.account_id
   AND states.first_day <= stretches.first_day
   AND states.day_after > stretches.first_day
), placed AS (
  SELECT *, min(renews_on) OVER (PARTITION BY account_id, stretch_first_day) AS next_renewal_date
  FROM lines
)
SELECT
  account_id,
  stretch_first_day AS first_day,
  stretch_day_after AS day_after,
  min(start_date) AS account_since,
  count(line_id) FILTER (WHERE is_in_force) AS contract_lines,
  count(DISTINCT contract_number) FILTER (WHERE is_in_force) AS contracts,
  count(DISTINCT product_number) FILTER (WHERE is_in_force) AS products,
  count(DISTINCT currency_number) FILTER (WHERE is_in_force) AS currencies,
  CAST(coalesce(sum(arr) FILTER (WHERE is_in_force), 0) AS DECIMAL(18,2)) AS arr,
  coalesce(sum(seats) FILTER (WHERE is_in_force), 0) AS seats,
  CAST(coalesce(sum(arr) FILTER (WHERE is_in_force AND is_cancelled), 0) AS DECIMAL(18,2)) AS cancelled_arr,
  CAST(coalesce(sum(arr) FILTER (WHERE is_in_force AND auto_renew AND NOT is_cancelled), 0) AS DECIMAL(18,2)) AS auto_renew_arr,
  CAST(coalesce(sum(arr) FILTER (WHERE state = 'overdue'), 0) AS DECIMAL(18,2)) AS overdue_renewal_arr,
  next_renewal_date,
  CAST(coalesce(sum(arr) FILTER (WHERE renews_on = next_renewal_date), 0) AS DECIMAL(18,2)) AS next_renewal_arr,
  bool_or(coalesce(stretch_first_day < approximate_until AND state <> 'past', FALSE)) AS approximate
FROM placed
GROUP BY account_id, stretch_first_day, stretch_day_after, next_renewal_date
HAVING bool_or(state <> 'past')
