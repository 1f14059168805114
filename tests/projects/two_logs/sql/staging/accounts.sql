-- Domains and locations. Both registries say how things are now and nothing of what was before: all of it is approximate.
-- Neither has a first day of its own; it is that of the first thing seen.
CREATE VIEW staging.accounts AS
WITH listed AS (
  SELECT account_id, org_domain AS domain, CASE WHEN segment = 'org' THEN 'ENT' ELSE 'SMB' END AS segment,
         'commits' AS business_model
  FROM dated.domains
  UNION ALL
  SELECT account_id, NULL, 'MM', 'desk'
  FROM dated.locations
)
SELECT
  listed.account_id,
  coalesce(listed.domain, listed.account_id) AS name,
  CAST(NULL AS VARCHAR) AS parent_account_id,
  listed.domain,
  listed.segment,
  CAST(NULL AS VARCHAR) AS industry,
  CAST(NULL AS VARCHAR) AS region,
  listed.business_model,
  CAST(NULL AS VARCHAR) AS lifecycle_stage,
  'USD' AS currency,
  contracts.start_date AS customer_since,
  DATE '0001-01-01' AS first_day,
  CAST(NULL AS DATE) AS day_after,
  DATE '9999-12-31' AS approximate_until
FROM listed
JOIN staging.contracts ON contracts.account_id = listed.account_id
