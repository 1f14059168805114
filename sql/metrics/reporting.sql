-- Which optional sources report as of each day of the calendar: a metric of one that does not is unknown, and not zero.
--
-- A source reports from the first day on which it has a row (`staging.first_rows`). Where `raw.source_status` speaks of
-- it by then, it reports only while its newest load that went well reaches to at most `stale_after_days` before the day.
CREATE TABLE metrics.reporting (
  as_of_date            DATE NOT NULL PRIMARY KEY, -- at the end of this day
  account_owners        BOOLEAN NOT NULL, -- who looks after accounts
  advocacy              BOOLEAN NOT NULL, -- what customers did for us
  assessments           BOOLEAN NOT NULL, -- judgements of owners
  contacts              BOOLEAN NOT NULL, -- the people who matter
  contract_events       BOOLEAN NOT NULL, -- what became of contracts
  entitlements          BOOLEAN NOT NULL, -- what accounts may use
  features              BOOLEAN NOT NULL, -- what the product can do
  feedback              BOOLEAN NOT NULL, -- what customers said about the product
  goals                 BOOLEAN NOT NULL, -- what customers want to reach
  interactions          BOOLEAN NOT NULL, -- meetings
  invoices              BOOLEAN NOT NULL, -- invoices
  messages              BOOLEAN NOT NULL, -- what customers wrote
  onboarding_milestones BOOLEAN NOT NULL, -- steps of onboarding
  onboarding_plans      BOOLEAN NOT NULL, -- plans of onboarding
  opportunities         BOOLEAN NOT NULL, -- what may be sold
  overrides             BOOLEAN NOT NULL, -- decisions against scores
  payments              BOOLEAN NOT NULL, -- attempts to pay
  surveys               BOOLEAN NOT NULL, -- questions and answers
  ticket_events         BOOLEAN NOT NULL, -- what became of tickets
  tickets               BOOLEAN NOT NULL, -- requests for support
  usage_daily           BOOLEAN NOT NULL  -- figures that come by day
) AS
WITH log AS (
  SELECT source, day AS as_of_date, loaded_through, TRUE AS is_load, CAST(NULL AS DATE) AS first_day
  FROM staging.loads
  UNION ALL
  SELECT first_rows.source, days.day, NULL, NULL, first_rows.first_day
  FROM staging.first_rows
  CROSS JOIN calendar.days
), loaded AS (
  SELECT
    source,
    as_of_date,
    is_load,
    first_day,
    count(is_load) OVER history AS loads,
    last_value(loaded_through) IGNORE NULLS OVER history AS loaded_through
  FROM log
  WINDOW history AS (PARTITION BY source ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
), states AS (
  SELECT
    source,
    as_of_date,
    coalesce(first_day <= as_of_date, FALSE)
      AND (loads = 0 OR coalesce(loaded_through >= as_of_date - $stale_after_days, FALSE)) AS reports
  FROM loaded
  WHERE is_load IS NULL
)
SELECT
  as_of_date,
  bool_or(reports AND source = 'account_owners') AS account_owners,
  bool_or(reports AND source = 'advocacy') AS advocacy,
  bool_or(reports AND source = 'assessments') AS assessments,
  bool_or(reports AND source = 'contacts') AS contacts,
  bool_or(reports AND source = 'contract_events') AS contract_events,
  bool_or(reports AND source = 'entitlements') AS entitlements,
  bool_or(reports AND source = 'features') AS features,
  bool_or(reports AND source = 'feedback') AS feedback,
  bool_or(reports AND source = 'goals') AS goals,
  bool_or(reports AND source = 'interactions') AS interactions,
  bool_or(reports AND source = 'invoices') AS invoices,
  bool_or(reports AND source = 'messages') AS messages,
  bool_or(reports AND source = 'onboarding_milestones') AS onboarding_milestones,
  bool_or(reports AND source = 'onboarding_plans') AS onboarding_plans,
  bool_or(reports AND source = 'opportunities') AS opportunities,
  bool_or(reports AND source = 'overrides') AS overrides,
  bool_or(reports AND source = 'payments') AS payments,
  bool_or(reports AND source = 'surveys') AS surveys,
  bool_or(reports AND source = 'ticket_events') AS ticket_events,
  bool_or(reports AND source = 'tickets') AS tickets,
  bool_or(reports AND source = 'usage_daily') AS usage_daily
FROM states
GROUP BY as_of_date
