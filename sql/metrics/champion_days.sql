-- Days on which a champion of an account used the product: somebody who was known as one on that day.
CREATE VIEW metrics.champion_days AS
SELECT contacts.account_id, events.day AS seen_on
-- The few contacts come first: the engine keeps the left side in memory and lets the log pass.
FROM staging.contacts
JOIN staging.events
  ON events.user_id = contacts.user_id
 AND events.account_id = contacts.account_id
 AND events.day >= greatest(contacts.first_day, contacts.joined_on)
 AND events.day < coalesce(least(contacts.day_after, contacts.left_on), DATE '9999-12-31')
WHERE contacts.role = 'champion'
GROUP BY contacts.account_id, events.day
