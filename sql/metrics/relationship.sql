-- Who stands for us at each account and how we keep in touch, as of each day: sponsors and champions, meetings, the
-- owner, our CSM.
--
-- A meeting counts from the day it was held, or should have been, and as what is known of it last: one that turns out to
-- be a no-show was never held. A sponsor's contact is a meeting at which one of their executives was present, or with a
-- person who was a sponsor then. A mail is no meeting.
CREATE TABLE metrics.relationship (
  account_id                 VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date                 DATE NOT NULL, -- facts as of the end of this day
  sponsors                   BIGINT CHECK (sponsors >= 0), -- executive sponsors there; NULL where contacts are not reported
  champions                  BIGINT CHECK (champions >= 0), -- champions there; NULL where contacts are not reported
  has_sponsor                BOOLEAN, -- there is an executive sponsor; NULL where contacts are not reported
  sponsors_left_90d          BIGINT CHECK (sponsors_left_90d >= 0), -- executive sponsors who left in 90 days; NULL where contacts are not reported
  champions_left_90d         BIGINT CHECK (champions_left_90d >= 0), -- champions who left in 90 days; NULL where contacts are not reported
  sponsors_left_28d          BIGINT CHECK (sponsors_left_28d BETWEEN 0 AND sponsors_left_90d), -- executive sponsors who left in 28 days; NULL where contacts are not reported
  champions_left_28d         BIGINT CHECK (champions_left_28d BETWEEN 0 AND champions_left_90d), -- champions who left in 28 days; NULL where contacts are not reported
  sponsor_departed           BOOLEAN, -- an executive sponsor left in 90 days, and there is none; NULL where contacts are not reported
  days_since_champion_seen   BIGINT CHECK (days_since_champion_seen >= 0), -- days since a champion used the product; NULL before the first time
  meetings_90d               BIGINT CHECK (meetings_90d >= 0), -- meetings held in 90 days; NULL where interactions are not reported; NULL while another account has gone on in it for less than 90 days
  reviews_180d               BIGINT CHECK (reviews_180d >= 0), -- business reviews held in 180 days; NULL where interactions are not reported; NULL while another account has gone on in it for less than 180 days
  no_shows_90d               BIGINT CHECK (no_shows_90d >= 0), -- meetings in 90 days to which the customer did not come; NULL where interactions are not reported; NULL while another account has gone on in it for less than 90 days
  no_show_share_90d          DOUBLE CHECK (no_show_share_90d BETWEEN 0 AND 1), -- share of the meetings of 90 days, held or missed, to which the customer did not come; NULL without any, or where interactions are not reported; NULL while another account has gone on in it for less than 90 days
  days_since_meeting         BIGINT CHECK (days_since_meeting >= 0), -- days since the last meeting held; NULL before the first, or where interactions are not reported
  days_since_sponsor_contact BIGINT CHECK (days_since_sponsor_contact >= 0), -- days since the last meeting held with an executive sponsor, or with another of their executives present; NULL before the first, or where interactions or contacts are not reported
  owner_id                   VARCHAR, -- owner of the account, our CSM; NULL without one, or where owners are not reported
  owner_tenure_days          BIGINT CHECK (owner_tenure_days >= 1), -- days that the account has been with its owner, this one included; NULL without an owner, or where owners are not reported
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH people AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    count(role) FILTER (WHERE role = 'exec_sponsor' AND spine.as_of_date BETWEEN joined_on AND coalesce(left_on - 1, DATE '9999-12-31')) AS sponsors,
    count(role) FILTER (WHERE role = 'champion' AND spine.as_of_date BETWEEN joined_on AND coalesce(left_on - 1, DATE '9999-12-31')) AS champions,
    count(role) FILTER (WHERE role = 'exec_sponsor' AND spine.as_of_date - left_on BETWEEN 0 AND 89) AS sponsors_left,
    count(role) FILTER (WHERE role = 'champion' AND spine.as_of_date - left_on BETWEEN 0 AND 89) AS champions_left,
    count(role) FILTER (WHERE role = 'exec_sponsor' AND spine.as_of_date - left_on BETWEEN 0 AND 27) AS sponsors_left_28d,
    count(role) FILTER (WHERE role = 'champion' AND spine.as_of_date - left_on BETWEEN 0 AND 27) AS champions_left_28d
  -- The few contacts come first: the engine keeps the left side in memory and lets the right one pass.
  FROM staging.contacts
  RIGHT JOIN metrics.spine
    ON spine.account_id = contacts.account_id
   AND contacts.first_day <= spine.as_of_date
   AND (contacts.day_after IS NULL OR spine.as_of_date < contacts.day_after)
  GROUP BY spine.account_id, spine.as_of_date
), held AS (
  SELECT interactions.account_id, interactions.type, interactions.no_show, interactions.held_on,
         CASE WHEN interactions.no_show THEN interactions.scheduled_on ELSE interactions.held_on END AS day,
         contacts.contact_id IS NOT NULL OR interactions.exec_present AS with_sponsor
  FROM staging.interactions
  LEFT JOIN staging.contacts
    ON contacts.contact_id = interactions.contact_id
   AND contacts.role = 'exec_sponsor'
   AND contacts.first_day <= interactions.held_on
   AND (contacts.day_after IS NULL OR interactions.held_on < contacts.day_after)
  WHERE interactions.type <> 'email'
), met AS (
  SELECT
    spine.account_id,
    spine.as_of_date,
    coalesce(spine.joined_days >= 90, TRUE) AS is_whole_90d,
    coalesce(spine.joined_days >= 180, TRUE) AS is_whole_180d,
    count(held_on) FILTER (WHERE spine.as_of_date - held_on < 90) AS meetings,
    count(held_on) FILTER (WHERE type IN ('qbr', 'ebr') AND spine.as_of_date - held_on < 180) AS reviews,
    count(day) FILTER (WHERE no_show AND spine.as_of_date - day < 90) AS no_shows,
    max(held_on) AS met_on,
    max(held_on) FILTER (WHERE with_sponsor) AS sponsor_met_on
  FROM held
  RIGHT JOIN metrics.spine ON spine.account_id = held.account_id AND held.day <= spine.as_of_date
  GROUP BY spine.account_id, spine.as_of_date, spine.joined_days
), sights AS (
  -- Of the days on which a champion came the last one counts, until the next.
  SELECT account_id, first_day, lag(first_day) OVER (PARTITION BY account_id ORDER BY first_day DESC) AS day_after
  FROM (SELECT account_id, as_of_date AS first_day FROM metrics.champion_days) AS days
), seen AS (
  SELECT spine.account_id, spine.as_of_date, sights.first_day AS champion_seen_on
  FROM sights
  RIGHT JOIN metrics.spine
    ON spine.account_id = sights.account_id
   AND sights.first_day <= spine.as_of_date
   AND (sights.day_after IS NULL OR spine.as_of_date < sights.day_after)
)
SELECT
  seen.account_id,
  seen.as_of_date,
  CASE WHEN reported('contacts', seen.as_of_date) THEN sponsors END AS sponsors,
  CASE WHEN reported('contacts', seen.as_of_date) THEN champions END AS champions,
  CASE WHEN reported('contacts', seen.as_of_date) THEN sponsors > 0 END AS has_sponsor,
  CASE WHEN reported('contacts', seen.as_of_date) THEN sponsors_left END AS sponsors_left_90d,
  CASE WHEN reported('contacts', seen.as_of_date) THEN champions_left END AS champions_left_90d,
  CASE WHEN reported('contacts', seen.as_of_date) THEN sponsors_left_28d END AS sponsors_left_28d,
  CASE WHEN reported('contacts', seen.as_of_date) THEN champions_left_28d END AS champions_left_28d,
  CASE WHEN reported('contacts', seen.as_of_date) THEN sponsors_left > 0 AND sponsors = 0 END AS sponsor_departed,
  CASE WHEN reported('contacts', seen.as_of_date) THEN seen.as_of_date - champion_seen_on END AS days_since_champion_seen,
  CASE WHEN reported('interactions', seen.as_of_date) AND is_whole_90d THEN meetings END AS meetings_90d,
  CASE WHEN reported('interactions', seen.as_of_date) AND is_whole_180d THEN reviews END AS reviews_180d,
  CASE WHEN reported('interactions', seen.as_of_date) AND is_whole_90d THEN no_shows END AS no_shows_90d,
  CASE WHEN reported('interactions', seen.as_of_date) AND is_whole_90d THEN CAST(no_shows AS DOUBLE) / nullif(no_shows + meetings, 0) END AS no_show_share_90d,
  CASE WHEN reported('interactions', seen.as_of_date) THEN seen.as_of_date - met_on END AS days_since_meeting,
  CASE WHEN reported('interactions', seen.as_of_date) AND reported('contacts', seen.as_of_date)
       THEN seen.as_of_date - sponsor_met_on
  END AS days_since_sponsor_contact,
  CASE WHEN reported('account_owners', seen.as_of_date) THEN owners.owner_id END AS owner_id,
  CASE WHEN reported('account_owners', seen.as_of_date) THEN seen.as_of_date - owners.first_day + 1 END AS owner_tenure_days
FROM seen
JOIN people ON people.account_id = seen.account_id AND people.as_of_date = seen.as_of_date
JOIN met ON met.account_id = seen.account_id AND met.as_of_date = seen.as_of_date
LEFT JOIN staging.owners
  ON owners.account_id = seen.account_id
 AND owners.first_day <= seen.as_of_date
 AND (owners.day_after IS NULL OR seen.as_of_date < owners.day_after)
