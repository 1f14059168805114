-- What the loader says of each load: a source whose loads stopped is not reported, and not zero; where the project cannot
-- do without it, no day is built that its loads do not reach.
CREATE EXTERNAL TABLE raw.source_status (
  source         VARCHAR NOT NULL, -- name of the table here: tickets, invoices, …
  loaded_through DATE NOT NULL, -- the last day whose rows are complete
  ok             BOOLEAN NOT NULL, -- the load went well
  loaded_at      TIMESTAMP NOT NULL -- when, UTC
) STORED AS PARQUET
LOCATION 'source_status.parquet'
OPTIONS ('kind' 'events', 'happened_at' 'loaded_at', 'known_after' '0 days',
         'optional' 'true', 'none_where_absent' 'true')
