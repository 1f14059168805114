-- Organisations that contribute, one row per e-mail domain.
CREATE EXTERNAL TABLE raw.domains (
  account_id VARCHAR   NOT NULL PRIMARY KEY, -- hash of the domain
  created_at TIMESTAMP NOT NULL, -- their first event, UTC
  segment    VARCHAR   NOT NULL, -- org, small_domain or individual
  org_domain VARCHAR -- the domain, of organisations
) STORED AS PARQUET
LOCATION 'dpdk/accounts.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id', 'begins_at' 'created_at')
