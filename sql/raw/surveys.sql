-- Questions sent and their answers, one row per question, answer and delivery; one that nobody answered stands with
-- `responded_at` NULL. An answer that is given again later holds from then: it takes nothing from the days before. One that
-- is delivered again with the same time corrects the one before.
CREATE EXTERNAL TABLE raw.surveys (
  response_id  VARCHAR NOT NULL, -- the same for the question sent and its answer
  account_id   VARCHAR NOT NULL, -- who was asked
  user_id      VARCHAR, -- the person
  survey_type  VARCHAR NOT NULL CHECK (survey_type IN ('nps', 'csat', 'ces')), -- what was asked
  score        DOUBLE, -- the answer; NULL until there is one
  scale_min    DOUBLE NOT NULL, -- the worst answer
  scale_max    DOUBLE NOT NULL, -- the best answer
  sent_at      TIMESTAMP NOT NULL, -- when it was asked, UTC
  responded_at TIMESTAMP, -- when it was answered, UTC
  available_at TIMESTAMP NOT NULL, -- when the warehouse knew this row, UTC
  CHECK (scale_max > scale_min),
  CHECK ((score IS NULL) = (responded_at IS NULL)),
  CHECK (score IS NULL OR score BETWEEN scale_min AND scale_max) -- an answer beyond its scale is one of another scale, or none: NULL
) STORED AS PARQUET
LOCATION 'surveys.parquet'
OPTIONS ('kind' 'versions', 'key' 'response_id', 'valid_from' 'responded_at, sent_at', 'known_at' 'available_at',
         'fixed' 'account_id, user_id, survey_type, sent_at', 'optional' 'true')
