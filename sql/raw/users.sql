-- People who may use the product, one row per user.
CREATE EXTERNAL TABLE raw.users (
  user_id    VARCHAR NOT NULL PRIMARY KEY, -- unique across accounts
  account_id VARCHAR NOT NULL,             -- the account the user belongs to; may be one that the CRM does not list
  role       VARCHAR NOT NULL,             -- owner, admin, member or viewer
  created_on DATE    NOT NULL              -- the day the user was invited
) STORED AS PARQUET
LOCATION 'users.parquet'
