-- What became of each account after a day on which it was observed, told on the day on which that is known for good.
--
-- An account is observed on D where it is a customer with a contract line in force; a line past its end is not, renewed by
-- itself or not. A loss of the `lead_days` after D comes too soon for anybody to act upon what was seen on D; of the `horizon_days` after
-- these it is told whether the account was lost: whether on some day of them nothing was in force, and nothing again
-- on that day and the next, `return_gap_days` in all. Who signed within these days has renewed late. So it is known `return_gap_days` after
-- the horizon: rows of a day look back, `observed_on` = `as_of_date` - `return_gap_days` - `horizon_days` - `lead_days`, and no day that comes
-- changes them.
--
-- An account that goes on in another one is lost when that one is: from the day of the merge on, the lines of the two are
-- one account's. Of what they are then worth, the one that went keeps what it had, as far as there is as much, and the other one has the
-- rest; so that no cent is counted twice.
CREATE TABLE outcomes.retention (
  as_of_date   DATE    NOT NULL, -- the day on which it became known
  account_id   VARCHAR NOT NULL, -- the account
  horizon_days BIGINT  NOT NULL CHECK (horizon_days IN (30, 60, 90, 180, 365)), -- days that were looked at, after the lead
  observed_on  DATE    NOT NULL CHECK (observed_on < as_of_date), -- the day on which the account was observed
  segment      VARCHAR NOT NULL, -- SMB, MM or ENT, on that day
  population   VARCHAR NOT NULL CHECK (population IN ('judged', 'notice', 'bound', 'lost in lead')), -- judged: free to leave, and nobody had said so; notice: all of its lines were cancelled by that day; bound: it could not leave within the horizon, because a line ends after it, or renews by itself and the last day for notice had passed; lost in lead: lost before the horizon
  is_lost      BOOLEAN CHECK ((is_lost IS NULL) = (population <> 'judged')), -- whether it was lost within the horizon; NULL for all who are not judged
  outcome      VARCHAR CHECK (outcome IN ('lost', 'contracted', 'flat', 'expanded')), -- lost, or by what it was worth later; NULL where it was lost in the lead
  lost_on      DATE    CHECK (lost_on > observed_on), -- first day without a line in force, by the end of the horizon; NULL where it was not lost
  notice_on    DATE    CHECK (notice_on < lost_on), -- first day from which on all of its lines were cancelled, until it was lost, or of who is not lost, until it was observed; NULL where nobody said so
  reason       VARCHAR CHECK (reason IN ('customer', 'ended by us', 'bankruptcy', 'non-payment', 'unknown')), -- why it was lost; unknown: nobody wrote it down; NULL where it was not lost
  arr          DECIMAL(18,2) NOT NULL CHECK (arr >= 0), -- worth a year on the day it was observed, all lines in force
  arr_later    DECIMAL(18,2) NOT NULL CHECK (arr_later >= 0), -- worth a year at the end of the horizon, and where it then was between two contracts, with the next; 0 where it was lost, come back since or not
  PRIMARY KEY (as_of_date, account_id, horizon_days)
) PARTITIONED BY (as_of_date) AS
WITH ids AS (
  SELECT account_id
  FROM metrics.line_states
  UNION
  SELECT survivor_id
  FROM metrics.survivors
), chains AS (
  -- Which account each one is on which days: itself, until it goes on in another.
  SELECT ids.account_id, ids.account_id AS holder_id, DATE '0001-01-01' AS first_day, coalesce(merges.first_day, DATE '9999-12-31') AS day_after
  FROM metrics.survivors AS merges
  RIGHT JOIN ids ON ids.account_id = merges.account_id AND merges.step = 1
  UNION ALL
  SELECT account_id, survivor_id, first_day, day_after
  FROM metrics.survivors
), held AS (
  SELECT
    chains.holder_id,
    lines.line_id,
    lines.end_date,
    lines.notice_by,
    lines.is_cancelled,
    lines.arr,
    greatest(lines.first_day, chains.first_day) AS first_day,
    least(lines.day_after, chains.day_after) AS day_after
  FROM metrics.line_states AS lines
  JOIN chains
    ON chains.account_id = lines.account_id
   AND chains.first_day < lines.day_after
   AND lines.first_day < chains.day_after
  WHERE lines.state = 'in_force'
), turns AS (
  SELECT holder_id, CASE WHEN is_first THEN first_day ELSE day_after END AS day
  FROM held
  CROSS JOIN (VALUES (TRUE), (FALSE)) AS sides (is_first)
  GROUP BY holder_id, CASE WHEN is_first THEN first_day ELSE day_after END
), stretches AS (
  SELECT holder_id, day AS first_day, lag(day) OVER (PARTITION BY holder_id ORDER BY day DESC) AS day_after
  FROM turns
), active AS (
  SELECT
    stretches.holder_id,
    stretches.first_day,
    stretches.day_after,
    sum(held.arr) AS arr,
    max(held.end_date) AS last_end,
    min(held.notice_by) AS notice_by,
    bool_and(held.is_cancelled) AS is_leaving
  FROM stretches
  JOIN held
    ON held.holder_id = stretches.holder_id
   AND held.first_day <= stretches.first_day
   AND stretches.first_day < held.day_after
  GROUP BY stretches.holder_id, stretches.first_day, stretches.day_after
), lived AS (
  -- The days of each account, in whichever account it then was; a group has one row.
  SELECT
    chains.account_id,
    greatest(active.first_day, chains.first_day) AS first_day,
    min(active.holder_id) AS holder_id,
    min(least(active.day_after, chains.day_after)) AS day_after,
    min(active.arr) AS arr,
    min(active.last_end) AS last_end,
    min(active.notice_by) AS notice_by,
    bool_and(active.is_leaving) AS is_leaving
  FROM chains
  JOIN active
    ON active.holder_id = chains.holder_id
   AND active.first_day < chains.day_after
   AND chains.first_day < active.day_after
  GROUP BY chains.account_id, greatest(active.first_day, chains.first_day)
), beside AS (
  SELECT
    *,
    lag(day_after, 1, DATE '0001-01-01') OVER (PARTITION BY account_id ORDER BY first_day) AS before_day_after,
    lag(is_leaving) OVER (PARTITION BY account_id ORDER BY first_day) AS was_leaving,
    lag(first_day) OVER (PARTITION BY account_id ORDER BY first_day DESC) AS next_first_day
  FROM lived
), told AS (
  SELECT
    *,
    CASE WHEN is_leaving AND NOT coalesce(was_leaving AND before_day_after = first_day, FALSE) THEN first_day END AS told_on,
    CASE
      WHEN next_first_day IS NULL OR next_first_day - day_after >= CAST($return_gap_days AS BIGINT) THEN day_after
    END AS gone_on
  FROM beside
), lives AS (
  SELECT
    *,
    CASE WHEN is_leaving THEN max(told_on) OVER (
      PARTITION BY account_id ORDER BY first_day RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) END AS notice_on,
    min(gone_on) OVER (
      PARTITION BY account_id ORDER BY first_day DESC RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS lost_on
  FROM told
), onward AS (
  -- From any day on which an account has left a stretch, the one that it is in or comes to next.
  SELECT account_id, holder_id, arr, first_day AS begins_on, before_day_after AS first_day, day_after
  FROM lives
), ends AS (
  SELECT
    account_id,
    holder_id,
    gone_on,
    notice_on,
    gone_on - 1 AS last_day,
    gone_on + CAST($return_gap_days AS BIGINT) - 1 AS settled_on
  FROM lives
  WHERE gone_on < DATE '9999-12-31'
), last_lines AS (
  SELECT ends.account_id, ends.gone_on, ends.notice_on, ends.settled_on, held.line_id
  FROM ends
  JOIN held
    ON held.holder_id = ends.holder_id
   AND held.first_day <= ends.last_day
   AND ends.last_day < held.day_after
), reasons AS (
  -- Of the lines that were in force last, what was said of them as long as the account might have come back.
  SELECT
    last_lines.account_id,
    last_lines.gone_on,
    min(last_lines.notice_on) AS notice_on,
    bool_or(lower(said.cancel_reason) = 'bankruptcy') AS is_bankruptcy,
    bool_or(lower(said.cancel_reason) = 'non-payment') AS is_unpaid,
    bool_or(lower(said.cancel_reason) = 'ended by us') AS is_ours,
    count(said.cancel_reason) > 0 AS is_told
  FROM metrics.line_states AS said
  RIGHT JOIN last_lines
    ON said.line_id = last_lines.line_id
   AND said.first_day <= last_lines.settled_on
   AND last_lines.settled_on < said.day_after
  GROUP BY last_lines.account_id, last_lines.gone_on
), losses AS (
  SELECT
    account_id,
    gone_on,
    notice_on,
    CASE
      WHEN is_bankruptcy THEN 'bankruptcy'
      WHEN is_unpaid THEN 'non-payment'
      WHEN is_ours THEN 'ended by us'
      WHEN is_told THEN 'customer'
      ELSE 'unknown'
    END AS reason
  FROM reasons
), horizons AS (
  SELECT
    day AS as_of_date,
    days AS horizon_days,
    day - CAST($return_gap_days AS BIGINT) - days - CAST($lead_days AS BIGINT) AS observed_on,
    day - CAST($return_gap_days AS BIGINT) - days AS lead_until,
    day - CAST($return_gap_days AS BIGINT) AS until
  FROM calendar.days
  CROSS JOIN (VALUES (30), (60), (90), (180), (365)) AS horizons (days)
), observed AS (
  SELECT
    horizons.as_of_date,
    horizons.horizon_days,
    horizons.observed_on,
    horizons.lead_until,
    horizons.until,
    lives.account_id,
    customers.segment,
    lives.arr,
    CASE
      WHEN lives.is_leaving THEN 'notice'
      WHEN lives.last_end > horizons.until OR lives.notice_by < horizons.observed_on THEN 'bound'
    END AS known_of,
    lives.notice_on,
    CASE WHEN lives.lost_on <= horizons.until THEN lives.lost_on END AS lost_on
  FROM lives
  JOIN horizons ON horizons.observed_on >= lives.first_day AND horizons.observed_on < lives.day_after
  JOIN metrics.customer_periods AS customers
    ON customers.account_id = lives.account_id
   AND horizons.observed_on >= customers.first_day
   AND horizons.observed_on < customers.day_after
  WHERE lives.holder_id = lives.account_id
), followed AS (
  SELECT
    observed.*,
    later.holder_id,
    greatest(later.begins_on, observed.until) AS later_on,
    later.arr AS held_arr
  FROM onward AS later
  RIGHT JOIN observed
    ON later.account_id = observed.account_id
   AND later.first_day <= observed.until
   AND observed.until < later.day_after
   AND observed.lost_on IS NULL
), together AS (
  -- Who goes on in one account: what that is worth on the day on which all of them are there.
  SELECT
    *,
    max(later_on) OVER (PARTITION BY as_of_date, horizon_days, holder_id) AS all_on,
    count(*) OVER (PARTITION BY as_of_date, horizon_days, holder_id) AS members,
    count(*) OVER (
      PARTITION BY as_of_date, horizon_days, holder_id ORDER BY account_id = holder_id, account_id
      RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS place,
    sum(arr) OVER (
      PARTITION BY as_of_date, horizon_days, holder_id ORDER BY account_id = holder_id, account_id
      RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) - arr AS arr_before
  FROM followed
), shared AS (
  SELECT
    *,
    max(CASE WHEN later_on = all_on THEN held_arr END) OVER (PARTITION BY as_of_date, horizon_days, holder_id) - arr_before AS left_arr
  FROM together
), judged AS (
  SELECT
    *,
    CASE
      WHEN known_of IS NOT NULL THEN known_of
      WHEN lost_on <= lead_until THEN 'lost in lead'
      ELSE 'judged'
    END AS population,
    CASE
      WHEN lost_on IS NOT NULL THEN 0
      WHEN place = members THEN greatest(left_arr, 0)
      ELSE greatest(least(left_arr, arr), 0)
    END AS arr_later
  FROM shared
)
SELECT
  judged.as_of_date,
  judged.account_id,
  judged.horizon_days,
  judged.observed_on,
  judged.segment,
  judged.population,
  CASE WHEN judged.population = 'judged' THEN judged.lost_on IS NOT NULL END AS is_lost,
  CASE
    WHEN judged.population = 'lost in lead' THEN NULL
    WHEN judged.lost_on IS NOT NULL THEN 'lost'
    WHEN judged.arr_later < judged.arr THEN 'contracted'
    WHEN judged.arr_later > judged.arr THEN 'expanded'
    ELSE 'flat'
  END AS outcome,
  judged.lost_on,
  CASE WHEN judged.lost_on IS NOT NULL THEN losses.notice_on WHEN judged.population = 'notice' THEN judged.notice_on END AS notice_on,
  CASE WHEN judged.lost_on IS NOT NULL THEN losses.reason END AS reason,
  CAST(judged.arr AS DECIMAL(18,2)) AS arr,
  CAST(judged.arr_later AS DECIMAL(18,2)) AS arr_later
FROM losses
RIGHT JOIN judged ON losses.account_id = judged.account_id AND losses.gone_on = judged.lost_on
