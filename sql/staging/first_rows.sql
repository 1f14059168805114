-- Since when each optional source says anything: one row per source.
--
-- Facts count from the day they happened, versions from the day they were first written down. NULL: there is no row.
CREATE VIEW staging.first_rows AS
SELECT 'account_owners' AS source, local_day(min(start_at)) AS first_day FROM raw.account_owners
UNION ALL SELECT 'advocacy', local_day(min(recorded_at)) FROM raw.advocacy
UNION ALL SELECT 'assessments', local_day(min(recorded_at)) FROM raw.assessments
UNION ALL SELECT 'contacts', local_day(min(recorded_at)) FROM raw.contacts
UNION ALL SELECT 'contract_events', local_day(min(recorded_at)) FROM raw.contract_events
UNION ALL SELECT 'entitlements', min(valid_from) FROM raw.entitlements
UNION ALL SELECT 'features', min(released_on) FROM raw.features
UNION ALL SELECT 'feedback', local_day(min(created_at)) FROM raw.feedback
UNION ALL SELECT 'goals', local_day(min(recorded_at)) FROM raw.goals
UNION ALL SELECT 'interactions', local_day(min(recorded_at)) FROM raw.interactions
UNION ALL SELECT 'invoices', local_day(min(recorded_at)) FROM raw.invoices
UNION ALL SELECT 'messages', local_day(min(sent_at)) FROM raw.messages
UNION ALL SELECT 'onboarding_milestones', local_day(min(recorded_at)) FROM raw.onboarding_milestones
UNION ALL SELECT 'onboarding_plans', local_day(min(recorded_at)) FROM raw.onboarding_plans
UNION ALL SELECT 'opportunities', local_day(min(recorded_at)) FROM raw.opportunities
UNION ALL SELECT 'overrides', local_day(min(recorded_at)) FROM raw.overrides
UNION ALL SELECT 'payments', local_day(min(attempted_at)) FROM raw.payments
UNION ALL SELECT 'surveys', local_day(min(sent_at)) FROM raw.surveys
UNION ALL SELECT 'ticket_events', local_day(min(occurred_at)) FROM raw.ticket_events
UNION ALL SELECT 'tickets', local_day(min(created_at)) FROM raw.tickets
UNION ALL SELECT 'usage_daily', min(day) FROM raw.usage_daily
