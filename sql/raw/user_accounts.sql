-- In which account a user was from when on, one row per user, stay and delivery: only of users who went over from one
-- account to another. All others are in the account of `raw.users` for good. A user's events are those of the account
-- that each of them names.
CREATE EXTERNAL TABLE raw.user_accounts (
  user_id     VARCHAR NOT NULL, -- the user, as in `raw.users`
  account_id  VARCHAR NOT NULL, -- the account
  valid_from  TIMESTAMP NOT NULL, -- from when the user was in it, UTC; the first stay begins with the invitation, whatever it says
  recorded_at TIMESTAMP NOT NULL -- when this row was written down, UTC
) STORED AS PARQUET
LOCATION 'user_accounts.parquet'
OPTIONS ('kind' 'versions', 'key' 'user_id', 'valid_from' 'valid_from', 'known_at' 'recorded_at', 'optional' 'true', 'none_where_absent' 'true')
