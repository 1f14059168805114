-- Who stands for us at each account and how we keep in touch, as known on each day: sponsors and champions, meetings,
-- the owner, our CSM.
--
-- A meeting counts from the day it was held, or should have been, once we know of it. A sponsor's contact is a meeting
-- at which one of their executives was present, or with a person who was known as a sponsor then; what was once written
-- down as held stays so for the days since. A mail is no meeting.
CREATE TABLE metrics.relationship (
  account_id                 VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date                 DATE NOT NULL, -- at the end of this day
  sponsors                   BIGINT CHECK (sponsors >= 0), -- executive sponsors there; NULL where contacts are not reported
  champions                  BIGINT CHECK (champions >= 0), -- champions there
  has_sponsor                BOOLEAN, -- there is an executive sponsor
  sponsors_left_90d          BIGINT CHECK (sponsors_left_90d >= 0), -- sponsors who left in 90 days
  champions_left_90d         BIGINT CHECK (champions_left_90d >= 0), -- champions who left in 90 days
  sponsors_left_28d          BIGINT CHECK (sponsors_left_28d BETWEEN 0 AND sponsors_left_90d), -- sponsors who left in 28 days
  champions_left_28d         BIGINT CHECK (champions_left_28d BETWEEN 0 AND champions_left_90d), -- champions who left in 28 days
  sponsor_departed           BOOLEAN, -- a sponsor left in 90 days, and there is none
  days_since_champion_seen   BIGINT CHECK (days_since_champion_seen >= 0), -- days since a champion used the product; NULL before the first time
  meetings_90d               BIGINT CHECK (meetings_90d >= 0), -- meetings held; NULL where interactions are not reported
  reviews_180d               BIGINT CHECK (reviews_180d >= 0), -- business reviews held in 180 days
  no_shows_90d               BIGINT CHECK (no_shows_90d >= 0), -- meetings to which they did not come
  no_show_share_90d          DOUBLE CHECK (no_show_share_90d BETWEEN 0 AND 1), -- share of those among meetings held and missed; NULL without any
  days_since_meeting         BIGINT CHECK (days_since_meeting >= 0), -- days since the last meeting held; NULL before the first
  days_since_sponsor_contact BIGINT CHECK (days_since_sponsor_contact >= 0), -- days since the last with a sponsor; NULL before the first
  owner_id                   VARCHAR, -- its owner, our CSM; NULL without one, or where owners are not reported
  owner_tenure_days          BIGINT CHECK (owner_tenure_days >= 1), -- days that the account has been theirs, this one included
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH held AS (
  SELECT interactions.account_id, interactions.type, interactions.held_on, interactions.first_day,
         interactions.day_after, contacts.contact_id IS NOT NULL OR interactions.exec_present AS with_sponsor
  FROM staging.interactions
  LEFT JOIN staging.contacts
    ON contacts.contact_id = interactions.contact_id
   AND contacts.role = 'exec_sponsor'
   AND greatest(interactions.first_day, interactions.held_on) >= contacts.first_day
   AND greatest(interactions.first_day, interactions.held_on) < coalesce(contacts.day_after, DATE '9999-12-31')
  WHERE interactions.held_on IS NOT NULL AND interactions.type <> 'email'
), spans AS (
  SELECT account_id, role AS kind, greatest(first_day, joined_on) AS first_day,
         coalesce(least(day_after, left_on), DATE '9999-12-31') AS day_after
  FROM staging.contacts
  UNION ALL
  SELECT account_id, role || kinds.kind, greatest(first_day, left_on),
         coalesce(least(day_after, left_on + kinds.days), DATE '9999-12-31')
  FROM staging.contacts
  CROSS JOIN (VALUES (' left', 90), (' left lately', 28)) AS kinds (kind, days)
  WHERE left_on IS NOT NULL
  UNION ALL
  SELECT account_id, 'meeting', greatest(first_day, held_on),
         coalesce(least(day_after, held_on + 90), DATE '9999-12-31')
  FROM held
  UNION ALL
  SELECT account_id, 'review', greatest(first_day, held_on),
         coalesce(least(day_after, held_on + 180), DATE '9999-12-31')
  FROM held
  WHERE type IN ('qbr', 'ebr')
  UNION ALL
  SELECT account_id, 'no show', greatest(first_day, scheduled_on),
         coalesce(least(day_after, scheduled_on + 90), DATE '9999-12-31')
  FROM staging.interactions
  WHERE no_show AND type <> 'email'
  UNION ALL
  SELECT account_id, 'owner', first_day, coalesce(day_after, DATE '9999-12-31')
  FROM staging.owners
), log AS (
  SELECT account_id, CASE change WHEN 1 THEN first_day ELSE day_after END AS as_of_date, kind, change,
         CAST(NULL AS DATE) AS happened_on, CAST(NULL AS VARCHAR) AS owner_id, FALSE AS on_spine
  FROM spans
  -- Each span against its two ends, so that what spans are made of is read once.
  CROSS JOIN (VALUES (1), (-1)) AS ends (change)
  WHERE first_day < day_after
  UNION ALL
  SELECT account_id, greatest(first_day, held_on), CASE WHEN with_sponsor THEN 'sponsor held' ELSE 'held' END, 0, held_on, NULL, FALSE
  FROM held
  UNION ALL
  SELECT account_id, first_day, 'owned', 0, first_day AS happened_on, owner_id, FALSE
  FROM staging.owners
  UNION ALL
  SELECT account_id, seen_on, 'champion seen', 0, seen_on AS happened_on, NULL, FALSE
  FROM metrics.champion_days
  UNION ALL
  SELECT account_id, as_of_date, NULL, 0, NULL, NULL, TRUE
  FROM metrics.spine
), states AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    coalesce(sum(change) FILTER (WHERE kind = 'exec_sponsor') OVER history, 0) AS sponsors,
    coalesce(sum(change) FILTER (WHERE kind = 'champion') OVER history, 0) AS champions,
    coalesce(sum(change) FILTER (WHERE kind = 'exec_sponsor left') OVER history, 0) AS sponsors_left,
    coalesce(sum(change) FILTER (WHERE kind = 'champion left') OVER history, 0) AS champions_left,
    coalesce(sum(change) FILTER (WHERE kind = 'exec_sponsor left lately') OVER history, 0) AS sponsors_left_28d,
    coalesce(sum(change) FILTER (WHERE kind = 'champion left lately') OVER history, 0) AS champions_left_28d,
    coalesce(sum(change) FILTER (WHERE kind = 'meeting') OVER history, 0) AS meetings,
    coalesce(sum(change) FILTER (WHERE kind = 'review') OVER history, 0) AS reviews,
    coalesce(sum(change) FILTER (WHERE kind = 'no show') OVER history, 0) AS no_shows,
    coalesce(sum(change) FILTER (WHERE kind = 'owner') OVER history, 0) AS owners,
    max(CASE WHEN kind IN ('held', 'sponsor held') THEN happened_on END) OVER history AS met_on,
    max(CASE WHEN kind = 'sponsor held' THEN happened_on END) OVER history AS sponsor_met_on,
    max(CASE WHEN kind = 'champion seen' THEN happened_on END) OVER history AS champion_seen_on,
    max(CASE WHEN kind = 'owned' THEN happened_on END) OVER history AS owned_since,
    last_value(owner_id) IGNORE NULLS OVER history AS last_owner
  FROM log
  WINDOW history AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
  states.account_id,
  states.as_of_date,
  CASE WHEN contacts THEN sponsors END AS sponsors,
  CASE WHEN contacts THEN champions END AS champions,
  CASE WHEN contacts THEN sponsors > 0 END AS has_sponsor,
  CASE WHEN contacts THEN sponsors_left END AS sponsors_left_90d,
  CASE WHEN contacts THEN champions_left END AS champions_left_90d,
  CASE WHEN contacts THEN sponsors_left_28d END AS sponsors_left_28d,
  CASE WHEN contacts THEN champions_left_28d END AS champions_left_28d,
  CASE WHEN contacts THEN sponsors_left > 0 AND sponsors = 0 END AS sponsor_departed,
  CASE WHEN contacts THEN states.as_of_date - champion_seen_on END AS days_since_champion_seen,
  CASE WHEN interactions THEN meetings END AS meetings_90d,
  CASE WHEN interactions THEN reviews END AS reviews_180d,
  CASE WHEN interactions THEN no_shows END AS no_shows_90d,
  CASE WHEN interactions THEN CAST(no_shows AS DOUBLE) / nullif(no_shows + meetings, 0) END AS no_show_share_90d,
  CASE WHEN interactions THEN states.as_of_date - met_on END AS days_since_meeting,
  CASE WHEN interactions THEN states.as_of_date - sponsor_met_on END AS days_since_sponsor_contact,
  CASE WHEN account_owners AND owners > 0 THEN last_owner END AS owner_id,
  CASE WHEN account_owners AND owners > 0 THEN states.as_of_date - owned_since + 1 END AS owner_tenure_days
FROM metrics.reporting
JOIN states ON states.as_of_date = reporting.as_of_date
WHERE on_spine
