-- How much of what an account pays for is used: breadth as people, beside the features that make up depth
-- (`metrics.adoption`). The seats are those in force on the day.
CREATE TABLE metrics.seats (
  account_id           VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date           DATE    NOT NULL, -- facts as of the end of this day
  seat_utilisation_28d DOUBLE  CHECK (seat_utilisation_28d >= 0), -- users seen in 28 days per seat, above 1 where more use it than pay; NULL without seats; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  seats_unused_28d     BIGINT CHECK (seats_unused_28d >= 0), -- seats without a user seen in 28 days; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  is_over_seats        BOOLEAN, -- more users than seats, where it is sold by seat: somebody should talk about more; NULL while another account has gone on in it for less than 28 days
  arr_per_active_user  DECIMAL(18,2) CHECK (arr_per_active_user >= 0), -- ARR by users seen in 28 days; NULL without users; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  contracts.account_id,
  contracts.as_of_date,
  CASE WHEN ready('events', 28, contracts.as_of_date) THEN CAST(active_users_28d AS DOUBLE) / nullif(seats, 0) END AS seat_utilisation_28d,
  CASE WHEN ready('events', 28, contracts.as_of_date) AND active_users_28d IS NOT NULL THEN greatest(seats - active_users_28d, 0) END AS seats_unused_28d,
  CASE WHEN active_users_28d IS NOT NULL THEN seats > 0 AND active_users_28d > seats END AS is_over_seats,
  CASE WHEN ready('events', 28, contracts.as_of_date) THEN CAST(arr / nullif(active_users_28d, 0) AS DECIMAL(18,2)) END AS arr_per_active_user
FROM metrics.usage AS usage
JOIN metrics.contracts AS contracts ON contracts.account_id = usage.account_id AND contracts.as_of_date = usage.as_of_date
