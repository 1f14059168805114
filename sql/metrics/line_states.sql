-- What became of each contract line, one row per version and state of it with the days on which it is that.
--
-- `in_force` from its start to the day before its end. For `return_gap_days` after that, `overdue` where it renews unless
-- somebody acts: it stays in force while nobody wrote down that it did; `lapsed` where it does not renew by itself, and
-- nobody wrote down what became of it; `ended` where it was cancelled, or another line of the contract or the product
-- began on or after its end and took its place. Then `past`.
CREATE VIEW metrics.line_states AS
WITH lines AS (
  SELECT
    * EXCLUDE (first_day, day_after),
    greatest(first_day, start_date) AS from_day,
    coalesce(day_after, DATE '9999-12-31') AS to_day,
    coalesce(end_date, DATE '9999-12-31') AS ends_on,
    coalesce(end_date + CAST($return_gap_days AS BIGINT), DATE '9999-12-31') AS past_on
  FROM staging.contracts
  -- A start that was put off before it came is none.
  WHERE day_after IS NULL OR greatest(first_day, start_date) < day_after
), replaced AS (
  SELECT lines.line_id, lines.from_day, min(others.from_day) AS replaced_on
  FROM lines
  JOIN lines AS others
    ON others.account_id = lines.account_id
   AND others.start_date >= lines.end_date
   AND others.line_id <> lines.line_id
   AND (others.contract_id = lines.contract_id OR others.product_id = lines.product_id)
  GROUP BY lines.line_id, lines.from_day
), followed AS (
  SELECT
    lines.*,
    CASE WHEN lines.is_cancelled THEN lines.ends_on ELSE least(lines.past_on, replaced.replaced_on) END AS ended_on
  FROM lines
  LEFT JOIN replaced ON replaced.line_id = lines.line_id AND replaced.from_day = lines.from_day
), parts AS (
  SELECT
    followed.*,
    CASE
      WHEN part.name = 'awaited' THEN CASE WHEN auto_renew THEN 'overdue' ELSE 'lapsed' END
      ELSE part.name
    END AS state,
    greatest(from_day, CASE part.name
      WHEN 'in_force' THEN start_date WHEN 'awaited' THEN ends_on WHEN 'ended' THEN ended_on ELSE past_on END) AS first_day,
    least(to_day, CASE part.name
      WHEN 'in_force' THEN ends_on WHEN 'awaited' THEN ended_on WHEN 'ended' THEN past_on ELSE to_day END) AS day_after
  FROM followed
  CROSS JOIN (VALUES ('in_force'), ('awaited'), ('ended'), ('past')) AS part (name)
)
SELECT
  line_id,
  account_id,
  contract_id,
  product_id,
  plan,
  seats,
  arr,
  currency,
  start_date,
  end_date,
  renewal_date,
  auto_renew,
  -- Of a line that ends by itself, and of one of which notice was given, there is no day to miss.
  CASE WHEN auto_renew AND NOT is_cancelled THEN end_date - notice_days END AS notice_by,
  is_cancelled,
  CASE WHEN is_cancelled THEN cancel_reason END AS cancel_reason,
  state,
  first_day,
  day_after,
  approximate_until
FROM parts
WHERE first_day < day_after
