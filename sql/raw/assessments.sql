-- What people judged about accounts, append-only: a correction is another row under the same id, recorded later, and true
-- of the past as well; who thinks otherwise from now on gives another id.
CREATE EXTERNAL TABLE raw.assessments (
  assessment_id VARCHAR   NOT NULL, -- the same for a judgement and its corrections
  account_id    VARCHAR   NOT NULL, -- who was judged
  component     VARCHAR   NOT NULL, -- what about: csm_pulse is how its owner thinks the account is doing
  value         DOUBLE    NOT NULL, -- 1 is the worst
  scale         BIGINT    NOT NULL CHECK (scale >= 2), -- the best value that could be given
  reason        VARCHAR   NOT NULL CHECK (reason <> ''), -- why
  author_id     VARCHAR   NOT NULL, -- who judged
  effective_at  TIMESTAMP NOT NULL, -- from when the judgement holds, UTC
  expires_at    TIMESTAMP,          -- until when; NULL leaves it to the next judgement
  recorded_at   TIMESTAMP NOT NULL, -- when this row was written down, UTC
  supersedes_id VARCHAR,            -- the judgement that this one takes the place of
  CHECK (value BETWEEN 1 AND scale)
) STORED AS PARQUET
LOCATION 'assessments.parquet'
OPTIONS ('kind' 'versions', 'key' 'assessment_id', 'version' 'assessment_id', 'valid_from' 'effective_at',
         'valid_to' 'expires_at', 'known_at' 'recorded_at', 'optional' 'true')
