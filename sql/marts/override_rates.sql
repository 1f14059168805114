-- How often each author decides against the main score, by day: many overrides by few people are a score that is not
-- believed, or a person who is not.
CREATE TABLE marts.override_rates (
  author_id        VARCHAR NOT NULL, -- who decided
  as_of_date       DATE    NOT NULL, -- at the end of this day
  overrides_active BIGINT  NOT NULL CHECK (overrides_active >= 1), -- accounts on which an override of this author holds
  scored_accounts  BIGINT  NOT NULL CHECK (scored_accounts >= 0), -- accounts with a score, whoever decided
  share            DOUBLE  CHECK (share BETWEEN 0 AND 1), -- scored accounts under an override of this author, of all that are scored; NULL where none is
  PRIMARY KEY (author_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH scored AS (
  SELECT as_of_date, count(score) AS scored_accounts
  FROM scores.main
  GROUP BY as_of_date
)
SELECT
  health.override_author AS author_id,
  health.as_of_date,
  count(*) AS overrides_active,
  scored.scored_accounts,
  round(CAST(count(health.score) AS DOUBLE) / nullif(scored.scored_accounts, 0), 4) AS share
FROM scores.main AS health
JOIN scored ON scored.as_of_date = health.as_of_date
WHERE health.override_id IS NOT NULL
GROUP BY health.override_author, health.as_of_date, scored.scored_accounts
