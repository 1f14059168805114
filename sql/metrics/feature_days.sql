-- How often each feature was used on a day: one row per account, as the log names it, day and feature that was used.
--
-- A row is made of the events of its day and of nothing else. Whether the feature is listed, when it was released and whether it
-- is key is no matter of the log: models that read this ask for it.
CREATE TABLE metrics.feature_days (
  account_id VARCHAR NOT NULL, -- the account, as the log has it; may be one that the CRM does not list
  as_of_date DATE    NOT NULL, -- the day of the events
  feature    VARCHAR NOT NULL, -- the feature
  uses       BIGINT  NOT NULL CHECK (uses >= 1), -- uses of the feature on the day
  user_uses  BIGINT  NOT NULL CHECK (user_uses BETWEEN 0 AND uses), -- uses of the feature on the day by users; the others are those of integrations
  PRIMARY KEY (account_id, as_of_date, feature)
) PARTITIONED BY (as_of_date) WITH (settles_after = '60 days') AS
SELECT account_id, day AS as_of_date, feature, count(*) AS uses, count(user_id) AS user_uses
FROM staging.events
WHERE feature IS NOT NULL
GROUP BY account_id, day, feature
