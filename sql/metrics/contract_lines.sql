-- Contract lines with the days on which they are in force, one row per line and version, in the project's currency: what
-- renews when, and what ends.
--
-- A line is in force from its start to the day before its end, by the version of it that was known on the day. On any day
-- the lines of an account together are its ARR and its seats in `metrics.contracts`.
CREATE TABLE metrics.contract_lines (
  line_id      VARCHAR NOT NULL, -- the line
  account_id   VARCHAR NOT NULL, -- who signed
  contract_id  VARCHAR NOT NULL, -- the contract that it belongs to
  product_id   VARCHAR NOT NULL, -- what was bought
  plan         VARCHAR NOT NULL, -- in which edition
  seats        BIGINT NOT NULL CHECK (seats >= 0), -- seats; 0 for what is not sold by seat
  arr          DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- worth a year
  start_date   DATE NOT NULL, -- first day in force
  end_date     DATE CHECK (end_date > start_date), -- first day no more in force; NULL for an open end
  renewal_date DATE, -- the day on which it renews or ends; NULL for an open end
  auto_renew   BOOLEAN NOT NULL, -- renews unless somebody acts
  is_cancelled BOOLEAN NOT NULL, -- ends on its end date and does not renew
  first_day    DATE NOT NULL CHECK (first_day >= start_date), -- first day on which this version is in force
  day_after    DATE NOT NULL CHECK (day_after > first_day), -- first day on which it is no more; 9999-12-31 while none is known
  PRIMARY KEY (line_id, first_day)
) AS
WITH lines AS (
  SELECT
    * EXCLUDE (first_day, day_after),
    greatest(first_day, start_date) AS first_day,
    coalesce(least(day_after, end_date), DATE '9999-12-31') AS day_after
  FROM staging.contracts
)
SELECT
  line_id,
  account_id,
  contract_id,
  product_id,
  plan,
  seats,
  arr,
  start_date,
  end_date,
  renewal_date,
  auto_renew,
  is_cancelled,
  first_day,
  day_after
FROM lines
WHERE first_day < day_after
