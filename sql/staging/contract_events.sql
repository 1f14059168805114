-- What became of contracts, each change on the day from which it is in effect.
CREATE VIEW staging.contract_events AS
SELECT change_id, account_id, contract_id, type, delta_arr, delta_seats, day
FROM dated.contract_events
