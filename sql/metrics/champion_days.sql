-- Days on which a champion of an account used the product: somebody who was one on that day.
CREATE VIEW metrics.champion_days AS
SELECT contacts.account_id, events.day AS seen_on
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
