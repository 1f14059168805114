-- The override that holds for a score of an account at the end of each day: of several the one that became effective
-- last, and among those of one moment the one with the greatest id. No row where none does.
CREATE TABLE metrics.overrides (
  account_id  VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- whose score
  as_of_date  DATE    NOT NULL, -- holds at the end of this day
  score_name  VARCHAR NOT NULL, -- which score
  override_id VARCHAR NOT NULL, -- as in raw.overrides
  mode        VARCHAR NOT NULL CHECK (mode IN ('set', 'cap', 'floor', 'adjust')), -- in place of the score, at most, at least, added to it
  value       DOUBLE  NOT NULL, -- the number to do it with
  reason      VARCHAR NOT NULL CHECK (reason <> ''), -- why
  author_id   VARCHAR NOT NULL, -- who decided
  expires_on  DATE    NOT NULL CHECK (expires_on > as_of_date), -- the day at whose end it holds no more
  PRIMARY KEY (account_id, as_of_date, score_name)
) PARTITIONED BY (as_of_date) AS
SELECT
  overrides.account_id,
  spine.as_of_date,
  overrides.score_name,
  overrides.override_id,
  overrides.mode,
  overrides.value,
  overrides.reason,
  overrides.author_id,
  local_day(overrides.expires_at) AS expires_on
FROM staging.overrides
JOIN metrics.spine
  ON spine.account_id = overrides.account_id
 AND overrides.first_day <= spine.as_of_date
 AND (overrides.day_after IS NULL OR spine.as_of_date < overrides.day_after)
QUALIFY row_number() OVER (
  PARTITION BY overrides.account_id, spine.as_of_date, overrides.score_name
  ORDER BY overrides.effective_at DESC, overrides.override_id DESC
) = 1
