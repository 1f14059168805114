-- What customers want to reach with the product, one row per goal and version, append-only. A due day changes from when
-- the new one is written down; another day of reaching it corrects the one before.
CREATE EXTERNAL TABLE raw.goals (
  goal_id     VARCHAR NOT NULL, -- the goal
  account_id  VARCHAR NOT NULL, -- whose
  name        VARCHAR NOT NULL, -- for people
  due_on      DATE NOT NULL, -- the day by whose end it is to be reached
  achieved_on DATE, -- the day it was; NULL until then
  recorded_at TIMESTAMP NOT NULL -- when this version was written down, UTC
) STORED AS PARQUET
LOCATION 'goals.parquet'
OPTIONS ('kind' 'versions', 'key' 'goal_id', 'known_at' 'recorded_at', 'begins_at' 'achieved_on',
         'fixed' 'account_id, name, achieved_on', 'optional' 'true')
