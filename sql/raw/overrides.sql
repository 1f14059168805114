-- Where people decided against a computed score, append-only: a correction is another row under the same id, and true of
-- the past as well; what is decided otherwise from now on has another id.
CREATE EXTERNAL TABLE raw.overrides (
  override_id  VARCHAR   NOT NULL, -- the same for an override and its corrections
  account_id   VARCHAR   NOT NULL, -- whose score
  score_name   VARCHAR   NOT NULL, -- which score
  mode         VARCHAR   NOT NULL CHECK (mode IN ('set', 'cap', 'floor', 'adjust')), -- in place of the score, at most, at least, added to it
  value        DOUBLE    NOT NULL, -- the number to do it with, on the scale of the score
  reason       VARCHAR   NOT NULL CHECK (reason <> ''), -- why
  author_id    VARCHAR   NOT NULL, -- who decided
  effective_at TIMESTAMP NOT NULL, -- from when, UTC
  expires_at   TIMESTAMP NOT NULL, -- until when: no override is for ever
  revoked_at   TIMESTAMP,          -- when it was taken back
  recorded_at  TIMESTAMP NOT NULL, -- when this row was written down, UTC
  CHECK (expires_at > effective_at)
) STORED AS PARQUET
LOCATION 'overrides.parquet'
OPTIONS ('kind' 'versions', 'key' 'override_id', 'version' 'override_id', 'valid_from' 'effective_at',
         'valid_to' 'expires_at', 'known_at' 'recorded_at', 'optional' 'true')
