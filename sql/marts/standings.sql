-- Each customer with a contract in force on a day, with its score and what it is worth: what the other marts begin with.
--
-- At risk are the two lowest tiers of the health score; this is the one place that says so.
CREATE VIEW marts.standings AS
SELECT
  accounts.account_id,
  accounts.as_of_date,
  accounts.segment,
  accounts.owner_id,
  accounts.arr,
  accounts.seats,
  health.score,
  health.tier,
  health.tier IN ('at-risk', 'struggling', 'vulnerable', 'lost', 'fading') AS is_at_risk
FROM metrics.accounts AS accounts
JOIN scores.health AS health ON health.account_id = accounts.account_id AND health.as_of_date = accounts.as_of_date
WHERE accounts.is_in_force
