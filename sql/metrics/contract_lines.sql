-- Contract lines with the days on which they are in force or past their end without a word, one row per line, version and
-- state, in the project's currency: what renews when, what ends, and what somebody should have renewed.
--
-- On any day the lines of an account that are in force or overdue together are its ARR and its seats in `metrics.contracts`.
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
  notice_by    DATE CHECK (notice_by <= end_date), -- last day on which notice can be given for its end, after which it renews; NULL where it does not renew by itself, is cancelled, or nobody wrote down how long before that is
  is_cancelled BOOLEAN NOT NULL, -- ends on its end date and does not renew
  decided_in   VARCHAR NOT NULL, -- quarter of the year in which it renews, or ends where it is cancelled, such as 2026-Q4; `no renewal date` for a line without either
  state        VARCHAR NOT NULL CHECK (state IN ('in_force', 'overdue', 'lapsed')), -- in_force: by its dates; overdue: its end has passed and it renews by itself, so it stays in force while its renewal is not written down; lapsed: its end has passed, it does not renew by itself, and nobody wrote down what became of it
  first_day    DATE NOT NULL CHECK (first_day >= start_date), -- first day on which this version is in the state
  day_after    DATE NOT NULL CHECK (day_after > first_day), -- first day on which it is no more; 9999-12-31 while none is known
  PRIMARY KEY (line_id, first_day)
) AS
WITH dated AS (
  SELECT *, CASE WHEN is_cancelled THEN coalesce(end_date, renewal_date) ELSE renewal_date END AS decided_on
  FROM metrics.line_states
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
  notice_by,
  is_cancelled,
  coalesce(
    CAST(date_part('year', decided_on) AS VARCHAR) || '-Q' || CAST(date_part('quarter', decided_on) AS VARCHAR),
    'no renewal date'
  ) AS decided_in,
  state,
  first_day,
  day_after
FROM dated
WHERE state IN ('in_force', 'overdue', 'lapsed')
