-- Since when each optional source says anything: one row per source.
--
-- Facts count from the day they happened, versions from the first day on which one holds. NULL: there is no row.
CREATE VIEW staging.first_rows AS
SELECT 'account_owners' AS source, min(first_day) AS first_day FROM dated.account_owners
UNION ALL SELECT 'advocacy', min(first_day) FROM dated.advocacy
UNION ALL SELECT 'assessments', min(first_day) FROM dated.assessments
UNION ALL SELECT 'contacts', min(first_day) FROM dated.contacts
UNION ALL SELECT 'contract_events', min(day) FROM dated.contract_events
UNION ALL SELECT 'entitlements', min(first_day) FROM dated.entitlements
UNION ALL SELECT 'features', min(first_day) FROM dated.features
UNION ALL SELECT 'feedback', min(day) FROM dated.feedback
UNION ALL SELECT 'goals', min(first_day) FROM dated.goals
UNION ALL SELECT 'interactions', min(first_day) FROM dated.interactions
UNION ALL SELECT 'invoices', min(first_day) FROM dated.invoices
UNION ALL SELECT 'messages', min(day) FROM dated.messages
UNION ALL SELECT 'onboarding_milestones', min(first_day) FROM dated.onboarding_milestones
UNION ALL SELECT 'onboarding_plans', min(first_day) FROM dated.onboarding_plans
UNION ALL SELECT 'opportunities', min(first_day) FROM dated.opportunities
UNION ALL SELECT 'overrides', min(first_day) FROM dated.overrides
UNION ALL SELECT 'payments', min(first_day) FROM dated.payments
UNION ALL SELECT 'surveys', min(first_day) FROM dated.surveys
UNION ALL SELECT 'ticket_events', min(day) FROM dated.ticket_events
UNION ALL SELECT 'tickets', min(first_day) FROM dated.tickets
UNION ALL SELECT 'usage_daily', min(day) FROM dated.usage_daily
