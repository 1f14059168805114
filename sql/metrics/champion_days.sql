-- Days on which a champion of an account used the product: somebody who was one on that day.
CREATE TABLE metrics.champion_days (
  account_id VARCHAR NOT NULL, -- the account
  as_of_date DATE    NOT NULL, -- the day on which a champion of it used the product
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) WITH (settles_after = '60 days') AS
SELECT contacts.account_id, events.day AS as_of_date
-- The few contacts come first: the engine keeps the left side in memory and lets the log pass.
FROM staging.contacts
JOIN staging.events
  ON events.user_id = contacts.user_id
 AND events.account_id = contacts.account_id
 AND contacts.first_day <= events.day
 AND (contacts.day_after IS NULL OR events.day < contacts.day_after)
 AND contacts.joined_on <= events.day
 AND (contacts.left_on IS NULL OR events.day < contacts.left_on)
WHERE contacts.role = 'champion'
GROUP BY contacts.account_id, events.day
