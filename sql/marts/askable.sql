-- Customers that may be asked for something: under contract, with a score in the upper part of all (`healthy_from`), and
-- without a severe ticket open. Where tickets are not reported that speaks neither for nor against.
CREATE VIEW marts.askable AS
SELECT accounts.*, health.score
FROM metrics.accounts AS accounts
JOIN scores.main AS health ON health.account_id = accounts.account_id AND health.as_of_date = accounts.as_of_date
WHERE accounts.is_in_force
  AND health.percentile >= $healthy_from
  AND coalesce(accounts.severe_tickets_open, 0) = 0
