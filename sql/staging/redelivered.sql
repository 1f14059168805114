-- Events that were delivered more than once: few, so that staging.events need not sort out all of them.
CREATE TABLE staging.redelivered (
  event_id   BIGINT NOT NULL PRIMARY KEY, -- as in raw.events
  deliveries BIGINT NOT NULL CHECK (deliveries > 1) -- rows under this id
) AS
SELECT event_id, count(*) AS deliveries
FROM raw.events
GROUP BY event_id
HAVING count(*) > 1
