//! Each awkward account and fact of the sample, by what is awkward about it. The last day is 30 September 2026.
use super::{must_hold, sample};

#[tokio::test]
async fn awkward_use() {
    let cases = [
        ("a name with quotes and comma", r#"SELECT count(*) = 1 FROM accounts WHERE name LIKE '%''%"%,%'"#),
        (
            "a name outside ASCII",
            "SELECT count(*) = 1 FROM accounts WHERE octet_length(name) > character_length(name)",
        ),
        (
            "a name with a path and a line break",
            "SELECT count(*) = 1 FROM accounts WHERE name LIKE '../%' AND strpos(name, chr(10)) > 0",
        ),
        (
            "a test account with events",
            "SELECT count(*) > 0 FROM events JOIN accounts USING (account_id) WHERE is_test",
        ),
        (
            "a brand-new account with events",
            "SELECT count(*) > 0 FROM events JOIN accounts USING (account_id) WHERE customer_since = DATE '2026-09-30'",
        ),
        (
            "an account without users",
            "SELECT count(*) = 1 FROM accounts WHERE is_customer AND account_id NOT IN (SELECT account_id FROM users) AND account_id NOT IN (SELECT account_id FROM account_merges)",
        ),
        (
            "an account with users and without events",
            "SELECT count(*) > 0 FROM accounts WHERE churned_on IS NULL AND customer_since < DATE '2026-09-01' AND account_id IN (SELECT account_id FROM users) AND account_id NOT IN (SELECT account_id FROM events)",
        ),
        (
            "events before the account's start",
            "SELECT count(*) > 0 FROM events JOIN accounts USING (account_id) WHERE CAST(occurred_at AS DATE) < customer_since",
        ),
        (
            "events after churn",
            "SELECT count(*) > 0 FROM events JOIN accounts USING (account_id) WHERE CAST(occurred_at AS DATE) > churned_on",
        ),
        (
            "an account that churned before the first day",
            "SELECT count(*) > 0 FROM accounts WHERE churned_on < DATE '2026-03-15'",
        ),
        (
            "an account of one user",
            "SELECT count(DISTINCT user_id) = 1 FROM events WHERE account_id = 'a000009'",
        ),
        (
            "an event just outside the last window",
            "SELECT count(*) = 1 FROM events WHERE account_id = 'a000009' AND occurred_at = TIMESTAMP '2026-09-02 23:59:59.999999'",
        ),
        (
            "an event just inside the last window",
            "SELECT count(*) = 1 FROM events WHERE account_id = 'a000009' AND occurred_at = TIMESTAMP '2026-09-03 00:00:00'",
        ),
        (
            "a zero base",
            "SELECT count(*) FILTER (WHERE occurred_at < TIMESTAMP '2026-09-03') = 0 AND count(*) > 0 FROM events WHERE account_id = 'a000010' AND occurred_at >= TIMESTAMP '2026-08-06'",
        ),
        (
            "a silent customer",
            "SELECT count(*) FILTER (WHERE occurred_at >= TIMESTAMP '2026-09-03') = 0 AND count(*) > 0 FROM events WHERE account_id = 'a000011'",
        ),
        ("rows delivered twice", "SELECT count(*) - count(DISTINCT event_id) BETWEEN 20 AND 150 FROM events"),
        (
            "late rows",
            "SELECT avg(CASE WHEN available_at > occurred_at + INTERVAL '1 day' THEN 1.0 ELSE 0.0 END) BETWEEN 0.002 AND 0.006 FROM events",
        ),
        (
            "edges of every window",
            "SELECT count(*) = 12 FROM events WHERE account_id = 'a000034' AND date_part('hour', occurred_at) IN (0, 23) AND CAST(occurred_at AS BIGINT) % 86400000000 IN (0, 86399999999)",
        ),
        (
            "a season",
            "SELECT CAST(count(*) FILTER (WHERE date_part('month', occurred_at) IN (7, 8)) AS DOUBLE) < 0.5 * count(*) FILTER (WHERE date_part('month', occurred_at) IN (5, 6)) FROM events WHERE account_id = 'a000025'",
        ),
        (
            "a champion who fell silent",
            "SELECT count(*) FILTER (WHERE occurred_at >= TIMESTAMP '2026-08-22') = 0 AND count(*) > 100 FROM events WHERE user_id = 'u000026-000'",
        ),
        (
            "while totals hold",
            "SELECT CAST(count(*) FILTER (WHERE occurred_at >= TIMESTAMP '2026-08-22') AS DOUBLE) / count(*) BETWEEN 0.4 AND 0.65 FROM events WHERE account_id = 'a000026' AND occurred_at >= TIMESTAMP '2026-07-13'",
        ),
        (
            "is the champion of the contacts",
            "SELECT bool_or(user_id = 'u000026-000') FROM contacts WHERE account_id = 'a000026' AND role = 'champion'",
        ),
        (
            "a week of lost uses",
            "SELECT CAST(count(*) FILTER (WHERE occurred_at >= TIMESTAMP '2026-05-14') AS DOUBLE) < 0.35 * count(*) FILTER (WHERE occurred_at < TIMESTAMP '2026-05-14') FROM events WHERE event_name = 'feature_use' AND occurred_at >= TIMESTAMP '2026-05-07' AND occurred_at < TIMESTAMP '2026-05-21'",
        ),
        (
            "in which sessions go on",
            "SELECT CAST(count(*) FILTER (WHERE occurred_at >= TIMESTAMP '2026-05-14') AS DOUBLE) > 0.8 * count(*) FILTER (WHERE occurred_at < TIMESTAMP '2026-05-14') FROM events WHERE event_name = 'login' AND occurred_at >= TIMESTAMP '2026-05-07' AND occurred_at < TIMESTAMP '2026-05-21'",
        ),
        (
            "users who never came",
            "SELECT count(*) > 10 AND count(event_id) = 0 FROM users LEFT JOIN (SELECT user_id, event_id FROM events) e ON e.user_id = users.user_id WHERE activated_on IS NULL",
        ),
        (
            "seats taken back, and nobody on them",
            "SELECT count(DISTINCT users.user_id) > 10 AND count(event_id) FILTER (WHERE CAST(occurred_at AS DATE) >= deactivated_on AND account_id <> 'a000012') = 0 FROM users LEFT JOIN (SELECT user_id, event_id, occurred_at FROM events) e ON e.user_id = users.user_id WHERE deactivated_on IS NOT NULL",
        ),
        ("colleagues among the users", "SELECT count(*) > 5 FROM users WHERE is_internal"),
    ];
    must_hold(&sample().await, &cases).await;
}

#[tokio::test]
async fn awkward_contracts() {
    let cases = [
        (
            "no seat and a price",
            "SELECT sum(quantity) = 0 AND min(arr) > 0 FROM contracts WHERE account_id = 'a000015'",
        ),
        (
            "a stage of the CRM written down late",
            "SELECT count(*) = 1 FROM account_versions WHERE account_id = 'a000016' AND lifecycle_stage = 'at_risk' AND recorded_at > valid_from + INTERVAL '40' DAY",
        ),
        (
            "an opportunity lost, written down late",
            "SELECT count(*) = 1 FROM opportunities WHERE account_id = 'a000016' AND stage = 'closed_lost' AND recorded_at > valid_from + INTERVAL '39' DAY AND closed_on = DATE '2026-08-02'",
        ),
        ("a parent of three", "SELECT count(*) = 3 FROM accounts WHERE parent_account_id = 'a000017'"),
        ("one of them thrives", "SELECT avg(health) > 0.8 FROM truth_health WHERE account_id = 'a000018'"),
        (
            "one of them left",
            "SELECT count(*) = 1 FROM accounts WHERE account_id = 'a000019' AND churned_on = DATE '2026-08-22'",
        ),
        (
            "one of them is about to",
            "SELECT min(health) < 0.3 AND (SELECT count(*) FROM accounts WHERE account_id = 'a000020' AND churned_on IS NULL) = 1 FROM truth_health WHERE account_id = 'a000020' AND day > DATE '2026-09-20'",
        ),
        (
            "back inside the gap",
            "SELECT max(effective_on) FILTER (WHERE type = 'reactivation') - max(effective_on) FILTER (WHERE type = 'churn') = 12 FROM contract_events WHERE account_id = 'a000021'",
        ),
        (
            "back outside the gap",
            "SELECT max(effective_on) FILTER (WHERE type = 'reactivation') - max(effective_on) FILTER (WHERE type = 'churn') = 75 FROM contract_events WHERE account_id = 'a000022'",
        ),
        (
            "half of the seats twice, and no churn",
            "SELECT count(*) FILTER (WHERE type = 'downsell') = 2 AND count(*) FILTER (WHERE type = 'churn') = 0 AND sum(delta_seats) FILTER (WHERE type = 'downsell') <= -0.6 * max(delta_seats) FILTER (WHERE type = 'new') FROM contract_events WHERE account_id = 'a000023'",
        ),
        (
            "two contracts in two currencies",
            "SELECT count(DISTINCT currency) = 2 AND count(DISTINCT contract_id) = 2 AND count(DISTINCT line_id) >= 4 FROM contracts WHERE account_id = 'a000024'",
        ),
        (
            "only the row of now",
            "SELECT count(*) = 1 AND count(valid_from) = 0 AND (SELECT count(valid_from) FROM contracts WHERE account_id = 'a000027') = 0 FROM account_versions WHERE account_id = 'a000027'",
        ),
        (
            "a renewal after the end",
            "SELECT count(*) = 1 FROM contract_events WHERE account_id = 'a000028' AND type = 'renewal' AND CAST(recorded_at AS DATE) - effective_on = 6 AND effective_on = DATE '2026-09-01'",
        ),
        (
            "older than its contracts",
            "SELECT min(start_date) > min(customer_since) + INTERVAL '200' DAY FROM contracts JOIN accounts ON accounts.account_id = contracts.account_id WHERE contracts.account_id = 'a000029'",
        ),
        (
            "a day that is left to the contracts",
            "SELECT count(*) > 3 FROM accounts WHERE is_customer AND customer_since IS NULL",
        ),
        (
            "a prospect",
            "SELECT count(*) = 1 FROM accounts WHERE NOT is_customer AND account_id NOT IN (SELECT account_id FROM contracts)",
        ),
        (
            "notice was given",
            "SELECT count(DISTINCT line_id) > 3 FROM contracts WHERE status = 'cancelled' AND CAST(recorded_at AS DATE) < end_date",
        ),
        (
            "a term that nobody renewed",
            "SELECT count(DISTINCT contract_id) > 0 FROM contract_events WHERE type = 'churn' AND contract_id NOT IN (SELECT contract_id FROM contracts WHERE status = 'cancelled')",
        ),
        (
            "a disputed, a voided and a half paid invoice",
            "SELECT count(*) FILTER (WHERE is_disputed) > 0 AND count(*) FILTER (WHERE voided_on IS NOT NULL) = 1 AND count(*) FILTER (WHERE amount_paid > 0 AND paid_on IS NULL) = 1 FROM invoices WHERE account_id = 'a000030'",
        ),
        (
            "a charge taken back and a refund",
            "SELECT count(*) FILTER (WHERE status = 'chargeback') = 1 AND count(*) FILTER (WHERE status = 'refunded') = 1 FROM payments WHERE account_id = 'a000030'",
        ),
        (
            "an overdue invoice",
            "SELECT count(*) > 3 FROM (SELECT invoice_id, max(due_on) AS due, max(paid_on) AS paid, max(voided_on) AS void FROM invoices GROUP BY 1) WHERE paid IS NULL AND void IS NULL AND due < DATE '2026-09-15'",
        ),
    ];
    must_hold(&sample().await, &cases).await;
}

#[tokio::test]
async fn awkward_relations() {
    let cases = [
        (
            "a sponsor who left",
            "SELECT count(*) = 1 FROM contacts WHERE account_id = 'a000031' AND role = 'exec_sponsor' AND left_on = DATE '2026-08-12'",
        ),
        (
            "an onboarding that stands still",
            "SELECT count(DISTINCT milestone_id) FILTER (WHERE completed_on IS NOT NULL) = 2 AND count(DISTINCT milestone_id) = 6 AND (SELECT count(go_live_on) FROM onboarding_plans WHERE account_id = 'a000032') = 0 FROM onboarding_milestones JOIN (SELECT DISTINCT plan_id, account_id FROM onboarding_plans) USING (plan_id) WHERE account_id = 'a000032'",
        ),
        (
            "requests on every edge",
            "SELECT count(*) = 12 FROM tickets WHERE account_id = 'a000034' AND CAST(created_at AS BIGINT) % 86400000000 IN (0, 86399999999)",
        ),
        (
            "answers on every edge",
            "SELECT count(*) = 12 FROM surveys WHERE account_id = 'a000034' AND CAST(responded_at AS BIGINT) % 86400000000 IN (0, 86399999999)",
        ),
        (
            "messages on every edge",
            "SELECT count(*) >= 12 FROM messages WHERE account_id = 'a000034' AND CAST(sent_at AS BIGINT) % 86400000000 IN (0, 86399999999)",
        ),
        (
            "feedback on every edge since it is collected",
            "SELECT count(*) = 10 FROM feedback WHERE account_id = 'a000034' AND CAST(created_at AS BIGINT) % 86400000000 IN (0, 86399999999)",
        ),
        ("payments that fail", "SELECT count(*) > 10 FROM payments WHERE status = 'failed'"),
        (
            "a question that nobody answered",
            "SELECT count(*) > 20 FROM (SELECT response_id, max(responded_at) AS at FROM surveys GROUP BY 1) WHERE at IS NULL",
        ),
        (
            "requests that are open at the end",
            "SELECT count(*) > 0 FROM tickets WHERE ticket_id NOT IN (SELECT ticket_id FROM ticket_events WHERE to_status IN ('resolved', 'closed'))",
        ),
        (
            "a request and its first change of one moment",
            "SELECT count(*) = 0 FROM tickets JOIN ticket_events USING (ticket_id) WHERE to_status = 'open' AND created_at <> occurred_at",
        ),
        (
            "what was never planned",
            "SELECT count(*) > 10 FROM accounts WHERE is_customer AND account_id NOT IN (SELECT account_id FROM onboarding_plans)",
        ),
    ];
    must_hold(&sample().await, &cases).await;
}
