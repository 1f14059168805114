-- In which account a merged one goes on, one row per merged account and stretch of days, as `staging.survivors` has it: kept
-- so that marts can be made again from what is published.
CREATE TABLE metrics.survivors (
  account_id  VARCHAR NOT NULL, -- the account that was merged
  survivor_id VARCHAR NOT NULL CHECK (survivor_id <> account_id), -- the account in which it goes on
  step        BIGINT  NOT NULL CHECK (step >= 1), -- its place among those in which it goes on one after the other; 1 from the day of its own merge
  first_day   DATE    NOT NULL, -- first day on which it does
  day_after   DATE    NOT NULL CHECK (day_after > first_day), -- first day on which it goes on in the next one; 9999-12-31 while none is known
  PRIMARY KEY (account_id, first_day)
) AS
SELECT
  account_id,
  survivor_id,
  row_number() OVER (PARTITION BY account_id ORDER BY first_day, survivor_id, day_after) AS step,
  first_day,
  coalesce(day_after, DATE '9999-12-31') AS day_after
FROM staging.survivors
WHERE day_after IS NULL OR first_day < day_after
