-- What the loader said of each source on a day: the newest load that went well, or that none did.
CREATE VIEW staging.loads AS
SELECT source, day, CASE WHEN ok THEN loaded_through END AS loaded_through
FROM dated.source_status
QUALIFY row_number() OVER (PARTITION BY source, day ORDER BY ok DESC, loaded_at DESC, loaded_through DESC) = 1
