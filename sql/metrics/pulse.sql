-- Each row of the spine with the judgement that holds at the end of that day; NULL where none does, or where judgements
-- are not reported.
CREATE TABLE metrics.pulse (
  account_id         VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date         DATE    NOT NULL, -- facts as of the end of this day
  csm_pulse          DOUBLE  CHECK (csm_pulse BETWEEN 1 AND 5), -- how its owner thinks the account is doing, 1 to 5; NULL without a judgement that holds
  csm_pulse_age_days BIGINT  CHECK (csm_pulse_age_days >= 0), -- days since the judgement behind `csm_pulse` was made; NULL without one that holds
  csm_pulse_author   VARCHAR, -- who made the judgement behind `csm_pulse`; NULL without one that holds
  csm_pulse_reason   VARCHAR, -- the reason that was given for the judgement behind `csm_pulse`; NULL without one
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  spine.account_id,
  spine.as_of_date,
  judgements.value AS csm_pulse,
  spine.as_of_date - judgements.judged_on AS csm_pulse_age_days,
  judgements.author_id AS csm_pulse_author,
  judgements.reason AS csm_pulse_reason
-- The few judgements come first: the engine keeps the left side in memory and lets the right one pass.
FROM metrics.judgements
RIGHT JOIN metrics.spine
  ON spine.account_id = judgements.account_id
 AND spine.as_of_date >= judgements.first_day
 AND spine.as_of_date < coalesce(judgements.day_after, DATE '9999-12-31')
 AND reported('assessments', spine.as_of_date)
