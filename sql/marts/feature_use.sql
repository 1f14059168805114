-- Which features the healthy use: for each day, feature and tier of the main score the share of accounts that used it in 28 days,
-- beside the share among all others, as an effect size.
--
-- The effect is Cohen's h, the difference of the arcsines of the roots of two shares, times two: 0.2 is small, 0.8 large.
-- NULL where there are no others. Accounts in which another one went on less than 28 days ago are on no side: what both used
-- in that time cannot be told yet.
CREATE TABLE marts.feature_use (
  as_of_date      DATE    NOT NULL, -- at the end of this day
  feature         VARCHAR NOT NULL, -- the feature
  tier_rank       BIGINT  NOT NULL CHECK (tier_rank >= 1), -- rank of the tier, 1 is the lowest
  tier            VARCHAR NOT NULL, -- the tier
  accounts        BIGINT  NOT NULL CHECK (accounts > 0), -- accounts of the tier
  share           DOUBLE  NOT NULL CHECK (share BETWEEN 0 AND 1), -- share of the accounts of the tier that used the feature in 28 days
  share_of_others DOUBLE  CHECK (share_of_others BETWEEN 0 AND 1), -- share of all other accounts that used the feature in 28 days; NULL without any
  effect          DOUBLE, -- Cohen's h of the two; NULL without others
  PRIMARY KEY (as_of_date, feature, tier_rank)
) PARTITIONED BY (as_of_date) AS
WITH tiers AS (
  SELECT customers.account_id, customers.as_of_date, customers.tier, customers.tier_rank
  FROM marts.customers AS customers
  LEFT JOIN metrics.accounts AS accounts
    ON accounts.account_id = customers.account_id AND accounts.as_of_date = customers.as_of_date
  WHERE customers.score IS NOT NULL
    AND coalesce(accounts.joined_days >= 28, TRUE)
), used AS (
  SELECT tiers.as_of_date, tiers.tier, uses.feature, count(*) AS users
  FROM tiers
  JOIN metrics.feature_uses AS uses ON uses.account_id = tiers.account_id AND uses.as_of_date = tiers.as_of_date
  GROUP BY tiers.as_of_date, tiers.tier, uses.feature
), sizes AS (
  SELECT as_of_date, tier, tier_rank, count(*) AS accounts
  FROM tiers
  GROUP BY as_of_date, tier, tier_rank
), features AS (
  SELECT as_of_date, feature, sum(users) AS users
  FROM used
  GROUP BY as_of_date, feature
), days AS (
  SELECT as_of_date, sum(accounts) AS accounts
  FROM sizes
  GROUP BY as_of_date
), shares AS (
  SELECT
    features.as_of_date,
    features.feature,
    sizes.tier_rank,
    sizes.tier,
    sizes.accounts,
    CAST(coalesce(used.users, 0) AS DOUBLE) / sizes.accounts AS share,
    CAST(features.users - coalesce(used.users, 0) AS DOUBLE) / nullif(days.accounts - sizes.accounts, 0) AS share_of_others
  FROM features
  JOIN sizes ON sizes.as_of_date = features.as_of_date
  JOIN days ON days.as_of_date = features.as_of_date
  LEFT JOIN used
    ON used.as_of_date = features.as_of_date AND used.tier = sizes.tier AND used.feature = features.feature
)
SELECT
  as_of_date,
  feature,
  tier_rank,
  tier,
  accounts,
  round(share, 4) AS share,
  round(share_of_others, 4) AS share_of_others,
  round(2 * (asin(sqrt(share)) - asin(sqrt(share_of_others))), 4) AS effect
FROM shares
