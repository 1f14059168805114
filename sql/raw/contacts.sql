-- The people who matter at a customer, one row per person and version, append-only. A role changes from when it is written
-- down; another day of coming or leaving corrects the one before.
CREATE EXTERNAL TABLE raw.contacts (
  contact_id  VARCHAR NOT NULL, -- the person
  account_id  VARCHAR NOT NULL, -- where
  user_id     VARCHAR, -- as a user of the product; NULL for one who is none
  role        VARCHAR NOT NULL CHECK (role IN ('exec_sponsor', 'champion', 'economic_buyer', 'admin', 'technical')), -- what they are to us
  joined_on   DATE NOT NULL, -- since when we know them there
  left_on     DATE, -- the day they left; NULL while they have not
  recorded_at TIMESTAMP NOT NULL -- when this version was written down, UTC
) STORED AS PARQUET
LOCATION 'contacts.parquet'
OPTIONS ('kind' 'versions', 'key' 'contact_id', 'known_at' 'recorded_at', 'begins_at' 'joined_on',
         'fixed' 'account_id, user_id, joined_on, left_on', 'optional' 'true')
