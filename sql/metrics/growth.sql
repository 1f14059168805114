-- How an account's business with us grows, from contracts, what became of them, and what may be sold next; one row per
-- account and day of the spine. Money in the project's currency.
--
-- Growth compares with the end of the day so many days before; NULL for one that had nothing then, or in which another
-- account went on since. The first expansion is
-- the first cross- or up-sell in effect on or after the day onboarding ended. While there is none its time is the days so
-- far and `has_expanded` is FALSE: at least so long, which is neither 0 nor bad. What is open, it is as of the day.
CREATE TABLE metrics.growth (
  account_id         VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date         DATE    NOT NULL, -- facts as of the end of this day
  arr_growth_90d     DOUBLE  CHECK (arr_growth_90d >= -1), -- share by which ARR grew in 90 days; NULL without any then, or where another account went on in it since
  arr_growth_365d    DOUBLE  CHECK (arr_growth_365d >= -1), -- share by which ARR grew in 365 days; NULL without any then, or where another account went on in it since
  seats_growth_90d   DOUBLE  CHECK (seats_growth_90d >= -1), -- share by which seats grew in 90 days; NULL without any then, or where another account went on in it since
  seats_growth_365d  DOUBLE  CHECK (seats_growth_365d >= -1), -- share by which seats grew in 365 days; NULL without any then, or where another account went on in it since
  cancelled_share    DOUBLE  CHECK (cancelled_share BETWEEN 0 AND 1), -- share of ARR in force that is cancelled to its end; NULL without ARR
  auto_renew_share   DOUBLE  CHECK (auto_renew_share BETWEEN 0 AND 1), -- share of ARR that renews unless somebody acts; NULL without ARR
  renewals_365d      BIGINT, -- renewals in 365 days; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  upsells_365d       BIGINT, -- changes of contracts in 365 days to more of what was bought; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  cross_sells_365d   BIGINT, -- changes of contracts in 365 days to something else as well; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  downsells_365d     BIGINT, -- changes of contracts in 365 days to less of what was bought; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  expansion_arr_365d DECIMAL(18,2) CHECK (expansion_arr_365d >= 0), -- ARR won in 365 days by changes that raised it, new business and returns aside; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  contraction_arr_365d DECIMAL(18,2) CHECK (contraction_arr_365d >= 0), -- ARR lost in 365 days by changes that lowered it, churn included; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  has_expanded       BOOLEAN, -- there is a first expansion since the end of onboarding; NULL until that end is known, or where plans or changes of contracts are not reported
  days_to_first_expansion BIGINT CHECK (days_to_first_expansion >= 0), -- days from the end of onboarding to the first expansion, or so far; NULL until that end is known, or where plans or changes of contracts are not reported
  open_expansion_opportunities BIGINT CHECK (open_expansion_opportunities >= 0), -- up- and cross-sells under discussion; NULL where opportunities are not reported
  open_expansion_arr DECIMAL(18,2) CHECK (open_expansion_arr >= 0), -- what the up- and cross-sells under discussion are worth a year; NULL where opportunities are not reported
  weighted_expansion_arr DECIMAL(18,2) CHECK (weighted_expansion_arr BETWEEN 0 AND open_expansion_arr), -- what the up- and cross-sells under discussion are worth a year, each times how likely its seller sees it; NULL where opportunities are not reported
  renewal_probability DOUBLE CHECK (renewal_probability BETWEEN 0 AND 1), -- how likely sellers see the renewals under discussion, by worth; NULL without one that says, or where opportunities are not reported
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH ends AS (
  SELECT account_id, min(completed_on) AS ended_on
  FROM staging.onboarding_plans
  WHERE completed_on IS NOT NULL
  GROUP BY account_id
), firsts AS (
  SELECT ends.account_id, ends.ended_on, min(changes.day) AS expanded_on
  FROM ends
  LEFT JOIN staging.contract_events AS changes
    ON changes.account_id = ends.account_id
   AND changes.day >= ends.ended_on
   AND changes.type IN ('upsell', 'cross_sell')
  GROUP BY ends.account_id, ends.ended_on
), pipeline AS (
  SELECT account_id, type = 'renewal' AS is_renewal, amount_arr, CAST(CAST(amount_arr AS DOUBLE) * probability AS DECIMAL(18,2)) AS likely_arr,
         first_day, day_after
  FROM staging.opportunities
  WHERE is_open AND (type IN ('upsell', 'cross_sell') OR type = 'renewal' AND probability IS NOT NULL)
), discussed AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    count(is_renewal) FILTER (WHERE NOT is_renewal) AS open_opportunities,
    coalesce(sum(amount_arr) FILTER (WHERE NOT is_renewal), 0) AS open_arr,
    coalesce(sum(likely_arr) FILTER (WHERE NOT is_renewal), 0) AS likely_arr,
    sum(amount_arr) FILTER (WHERE is_renewal) AS renewing_arr,
    sum(likely_arr) FILTER (WHERE is_renewal) AS likely_renewing_arr
  -- The few opportunities come first: the engine keeps the left side in memory and lets the right one pass.
  FROM pipeline
  RIGHT JOIN metrics.spine
    ON spine.account_id = pipeline.account_id
   AND pipeline.first_day <= spine.as_of_date
   AND (pipeline.day_after IS NULL OR spine.as_of_date < pipeline.day_after)
  GROUP BY spine.account_id, spine.as_of_date
), log AS (
  SELECT account_id, as_of_date, TRUE AS on_spine, joined_days, arr, seats, cancelled_arr, auto_renew_arr,
         CAST(NULL AS VARCHAR) AS type, CAST(NULL AS DECIMAL(18,2)) AS worth
  FROM metrics.spine
  JOIN metrics.contracts USING (account_id, as_of_date)
  UNION ALL
  SELECT account_id, day, FALSE, NULL, NULL, NULL, NULL, NULL, type, delta_arr
  FROM staging.contract_events
), rolling AS (
  SELECT
    *,
    reported('contract_events', as_of_date) AND coalesce(joined_days >= 365, TRUE) AS with_year,
    reported('contract_events', as_of_date) AND reported('onboarding_plans', as_of_date) AS with_onboarding,
    sum(arr) OVER ago90 AS arr_90d_ago,
    sum(arr) OVER ago365 AS arr_365d_ago,
    sum(seats) OVER ago90 AS seats_90d_ago,
    sum(seats) OVER ago365 AS seats_365d_ago,
    count(type) FILTER (WHERE type = 'renewal') OVER w365 AS renewals,
    count(type) FILTER (WHERE type = 'upsell') OVER w365 AS upsells,
    count(type) FILTER (WHERE type = 'cross_sell') OVER w365 AS cross_sells,
    count(type) FILTER (WHERE type = 'downsell') OVER w365 AS downsells,
    coalesce(sum(worth) FILTER (WHERE type IN ('renewal', 'upsell', 'cross_sell', 'price_change') AND worth > 0) OVER w365, 0) AS won,
    coalesce(sum(worth) FILTER (WHERE type IN ('renewal', 'downsell', 'churn', 'price_change') AND worth < 0) OVER w365, 0) AS lost
  FROM log
  WINDOW
    ago90 AS (PARTITION BY account_id ORDER BY as_of_date
              RANGE BETWEEN INTERVAL '90' DAY PRECEDING AND INTERVAL '90' DAY PRECEDING),
    ago365 AS (PARTITION BY account_id ORDER BY as_of_date
               RANGE BETWEEN INTERVAL '365' DAY PRECEDING AND INTERVAL '365' DAY PRECEDING),
    w365 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '364' DAY PRECEDING AND CURRENT ROW)
)
SELECT
  rolling.account_id,
  rolling.as_of_date,
  CASE WHEN coalesce(joined_days > 90, TRUE) THEN CAST(arr AS DOUBLE) / nullif(CAST(arr_90d_ago AS DOUBLE), 0) - 1 END AS arr_growth_90d,
  CASE WHEN coalesce(joined_days > 365, TRUE) THEN CAST(arr AS DOUBLE) / nullif(CAST(arr_365d_ago AS DOUBLE), 0) - 1 END AS arr_growth_365d,
  CASE WHEN coalesce(joined_days > 90, TRUE) THEN CAST(seats AS DOUBLE) / nullif(seats_90d_ago, 0) - 1 END AS seats_growth_90d,
  CASE WHEN coalesce(joined_days > 365, TRUE) THEN CAST(seats AS DOUBLE) / nullif(seats_365d_ago, 0) - 1 END AS seats_growth_365d,
  CAST(cancelled_arr AS DOUBLE) / nullif(CAST(arr AS DOUBLE), 0) AS cancelled_share,
  CAST(auto_renew_arr AS DOUBLE) / nullif(CAST(arr AS DOUBLE), 0) AS auto_renew_share,
  CASE WHEN with_year THEN renewals END AS renewals_365d,
  CASE WHEN with_year THEN upsells END AS upsells_365d,
  CASE WHEN with_year THEN cross_sells END AS cross_sells_365d,
  CASE WHEN with_year THEN downsells END AS downsells_365d,
  CASE WHEN with_year THEN CAST(won AS DECIMAL(18,2)) END AS expansion_arr_365d,
  CASE WHEN with_year THEN CAST(-lost AS DECIMAL(18,2)) END AS contraction_arr_365d,
  CASE WHEN with_onboarding AND ended_on <= rolling.as_of_date THEN coalesce(expanded_on <= rolling.as_of_date, FALSE) END AS has_expanded,
  CASE WHEN with_onboarding AND ended_on <= rolling.as_of_date THEN least(expanded_on, rolling.as_of_date) - ended_on END AS days_to_first_expansion,
  CASE WHEN reported('opportunities', rolling.as_of_date) THEN open_opportunities END AS open_expansion_opportunities,
  CASE WHEN reported('opportunities', rolling.as_of_date) THEN CAST(open_arr AS DECIMAL(18,2)) END AS open_expansion_arr,
  CASE WHEN reported('opportunities', rolling.as_of_date) THEN CAST(likely_arr AS DECIMAL(18,2)) END AS weighted_expansion_arr,
  CASE WHEN reported('opportunities', rolling.as_of_date) THEN CAST(likely_renewing_arr AS DOUBLE) / nullif(CAST(renewing_arr AS DOUBLE), 0) END AS renewal_probability
FROM firsts
RIGHT JOIN rolling ON rolling.account_id = firsts.account_id
JOIN discussed ON discussed.account_id = rolling.account_id AND discussed.as_of_date = rolling.as_of_date
WHERE on_spine
