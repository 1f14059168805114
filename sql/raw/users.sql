-- People who may use the product, one row per user.
CREATE EXTERNAL TABLE raw.users (
  user_id        VARCHAR NOT NULL PRIMARY KEY, -- unique across accounts; who has seats in two is two users: account_id || '/' || user_id, in all sources
  account_id     VARCHAR NOT NULL, -- the account the user belongs to; may be one that the CRM does not list
  role           VARCHAR NOT NULL, -- owner, admin, member or viewer
  is_internal    BOOLEAN NOT NULL, -- one of us, helping; never counted
  created_on     DATE NOT NULL, -- the day the user was invited
  activated_on   DATE, -- the day of the first sign-in; NULL until then
  deactivated_on DATE -- the day the seat was taken back; NULL while it is not
) STORED AS PARQUET
LOCATION 'users.parquet'
OPTIONS ('kind' 'current', 'key' 'user_id', 'begins_at' 'created_on', 'ends_at' 'deactivated_on',
         'fixed' 'is_internal, activated_on')
