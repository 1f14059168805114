-- What became of contracts, each change once. It counts from the day on which it was both in effect and written down; of
-- several deliveries the first to count is kept: what counted once does not change.
CREATE VIEW staging.contract_events AS
SELECT
  change_id,
  account_id,
  contract_id,
  type,
  delta_arr,
  delta_seats,
  effective_on,
  greatest(effective_on, local_day(recorded_at)) AS day
FROM raw.contract_events
QUALIFY row_number() OVER (
  PARTITION BY change_id
  ORDER BY greatest(effective_on, local_day(recorded_at)), recorded_at, account_id, contract_id, type, delta_arr, delta_seats,
           effective_on
) = 1
