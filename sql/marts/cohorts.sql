-- What became of the customers that began in the same month, as of each day: how many are left, and what they are worth by
-- what they were worth at first.
--
-- An account belongs to the month of its first day with ARR, for good; what it had on that day is its start. One that
-- left and came back counts as left in between, and then again as there. One that goes on in another account is one with it
-- from then on: of the month and the start of both together, the earlier month and what each began with by itself. Money as in `marts.retention`.
CREATE TABLE marts.cohorts (
  as_of_date        DATE    NOT NULL, -- at the end of this day
  cohort            DATE    NOT NULL CHECK (cohort <= as_of_date), -- first day of the month in which its accounts had ARR for the first time
  age_months        BIGINT  NOT NULL CHECK (age_months >= 0), -- months from that one to the month of the day; 0 in the same month
  accounts_at_start BIGINT  NOT NULL CHECK (accounts_at_start > 0), -- accounts that began in the month, up to the day
  churned_accounts  BIGINT  NOT NULL CHECK (churned_accounts = accounts_at_start - accounts), -- accounts of the cohort without ARR
  accounts          BIGINT  NOT NULL CHECK (accounts BETWEEN 0 AND accounts_at_start), -- accounts of the cohort with ARR
  arr_at_start      DECIMAL(18,2) NOT NULL CHECK (arr_at_start > 0), -- ARR of all accounts of the cohort, each on its first day with any
  arr               DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- ARR of the cohort
  kept_arr          DECIMAL(18,2) NOT NULL CHECK (kept_arr BETWEEN 0 AND arr AND kept_arr <= arr_at_start), -- ARR of the cohort, of no account more than at its start
  nrr               DOUBLE  NOT NULL CHECK (nrr >= grr), -- net revenue retention since the start: ARR by ARR at the start
  grr               DOUBLE  NOT NULL CHECK (grr BETWEEN 0 AND 1), -- gross revenue retention since the start: no account counts for more than at its start
  logo_churn        DOUBLE  NOT NULL CHECK (logo_churn BETWEEN 0 AND 1), -- share of the accounts that began which have no ARR
  revenue_churn     DOUBLE  NOT NULL CHECK (revenue_churn BETWEEN 0 AND 1), -- share of the ARR at the start that accounts had which have none
  PRIMARY KEY (as_of_date, cohort)
) PARTITIONED BY (as_of_date) AS
WITH starts AS (
  SELECT account_id, paying_since, arr
  FROM metrics.customer_periods
  WHERE first_day = paying_since
), members AS (
  -- Who is one customer from when until when: an account by itself, and those that go on in it.
  SELECT starts.account_id, TRUE AS is_own, starts.paying_since, starts.arr, starts.paying_since AS first_day,
         coalesce(merges.first_day, DATE '9999-12-31') AS day_after
  FROM metrics.survivors AS merges
  RIGHT JOIN starts ON merges.account_id = starts.account_id AND merges.step = 1
  UNION ALL
  SELECT survivors.survivor_id, FALSE, starts.paying_since, starts.arr, survivors.first_day, survivors.day_after
  FROM metrics.survivors
  JOIN starts ON starts.account_id = survivors.account_id AND starts.paying_since < survivors.first_day
), turns AS (
  SELECT account_id, first_day
  FROM members
  UNION
  SELECT account_id, day_after
  FROM members
  WHERE day_after < DATE '9999-12-31'
), stretches AS (
  SELECT
    account_id,
    first_day,
    coalesce(lag(first_day) OVER (PARTITION BY account_id ORDER BY first_day DESC), DATE '9999-12-31') AS day_after
  FROM turns
), placed AS (
  SELECT
    stretches.account_id,
    stretches.first_day,
    stretches.day_after,
    members.is_own,
    members.paying_since,
    members.arr,
    count(CASE WHEN NOT members.is_own THEN 1 END) OVER (
      PARTITION BY stretches.account_id, stretches.first_day ORDER BY members.first_day
      RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS others
  FROM stretches
  JOIN members
    ON members.account_id = stretches.account_id
   AND members.first_day <= stretches.first_day
   AND stretches.first_day < members.day_after
), customers AS (
  SELECT
    account_id,
    first_day,
    day_after,
    min(paying_since) - CAST(date_part('day', min(paying_since)) AS BIGINT) + 1 AS cohort,
    -- Who began only with what came from another one began with nothing of its own.
    sum(arr) FILTER (WHERE NOT is_own OR others = 0) AS arr
  FROM placed
  GROUP BY account_id, first_day, day_after
), begun AS (
  SELECT days.day AS as_of_date, customers.cohort, count(*) AS accounts, sum(customers.arr) AS arr
  FROM customers
  JOIN calendar.days ON days.day >= customers.first_day AND days.day < customers.day_after
  GROUP BY days.day, customers.cohort
), paying AS (
  SELECT
    customers.cohort,
    greatest(customers.first_day, periods.first_day) AS first_day,
    least(customers.day_after, periods.day_after) AS day_after,
    periods.arr,
    customers.arr AS arr_at_start
  FROM customers
  JOIN metrics.customer_periods AS periods
    ON periods.account_id = customers.account_id
   AND periods.first_day < customers.day_after
   AND periods.day_after > customers.first_day
  WHERE periods.arr > 0
), left_over AS (
  SELECT
    days.day AS as_of_date,
    paying.cohort,
    count(*) AS accounts,
    sum(paying.arr) AS arr,
    sum(least(paying.arr, paying.arr_at_start)) AS kept_arr,
    sum(paying.arr_at_start) AS arr_at_start
  FROM paying
  JOIN calendar.days ON days.day >= paying.first_day AND days.day < paying.day_after
  GROUP BY days.day, paying.cohort
), compared AS (
  SELECT
    begun.as_of_date,
    begun.cohort,
    begun.accounts AS accounts_at_start,
    begun.arr AS arr_at_start,
    coalesce(left_over.accounts, 0) AS accounts,
    coalesce(left_over.arr, 0) AS arr,
    coalesce(left_over.kept_arr, 0) AS kept_arr,
    coalesce(left_over.arr_at_start, 0) AS arr_at_start_of_left
  FROM begun
  LEFT JOIN left_over ON left_over.as_of_date = begun.as_of_date AND left_over.cohort = begun.cohort
)
SELECT
  as_of_date,
  cohort,
  CAST(12 * (date_part('year', as_of_date) - date_part('year', cohort)) + date_part('month', as_of_date) - date_part('month', cohort) AS BIGINT) AS age_months,
  accounts_at_start,
  accounts_at_start - accounts AS churned_accounts,
  accounts,
  CAST(arr_at_start AS DECIMAL(18,2)) AS arr_at_start,
  CAST(arr AS DECIMAL(18,2)) AS arr,
  CAST(kept_arr AS DECIMAL(18,2)) AS kept_arr,
  round(CAST(arr AS DOUBLE) / CAST(arr_at_start AS DOUBLE), 4) AS nrr,
  round(CAST(kept_arr AS DOUBLE) / CAST(arr_at_start AS DOUBLE), 4) AS grr,
  round(CAST(accounts_at_start - accounts AS DOUBLE) / accounts_at_start, 4) AS logo_churn,
  round(CAST(arr_at_start - arr_at_start_of_left AS DOUBLE) / CAST(arr_at_start AS DOUBLE), 4) AS revenue_churn
FROM compared
