//! What is missing from the sample, and what reaches it late or twice.
use super::{must_hold, number, sample};

#[tokio::test]
async fn every_kind_of_missing() {
    let data = sample().await;
    for table in [
        "invoices",
        "payments",
        "tickets",
        "ticket_events",
        "surveys",
        "messages",
        "feedback",
        "contacts",
        "interactions",
        "advocacy",
        "onboarding_plans",
        "goals",
        "opportunities",
        "entitlements",
        "usage_daily",
        "events",
    ] {
        let sql = format!("SELECT count(*) FROM {table} WHERE account_id = 'a000035'");
        assert_eq!(number(&data, &sql).await, 0.0, "{table} knows the hermit");
    }
    must_hold(
        &data,
        &[
            ("the hermit is a customer", "SELECT count(*) > 0 FROM contracts WHERE account_id = 'a000035'"),
            (
                "nothing is known of the newest but its contract",
                "SELECT count(*) = 0 FROM tickets WHERE account_id = 'a000005'",
            ),
            ("loads that failed", "SELECT count(*) = 16 FROM source_status WHERE NOT ok"),
            ("feedback begins late", "SELECT min(created_at) > TIMESTAMP '2026-05-04' FROM feedback"),
        ],
    )
    .await;
}

#[tokio::test]
async fn rows_are_late_and_twice() {
    let data = sample().await;
    for (table, key) in [
        ("tickets", "ticket_id"),
        ("messages", "message_id"),
        ("ticket_events", "ticket_id, to_status, occurred_at"),
    ] {
        let twice = format!(
            "SELECT count(*) - (SELECT count(*) FROM (SELECT DISTINCT {key} FROM {table})) FROM {table}"
        );
        assert!(number(&data, &twice).await > 0.0, "no row of {table} was delivered twice");
    }
    must_hold(&data, &[
        ("requests known days later", "SELECT count(*) FILTER (WHERE available_at > created_at + INTERVAL '1' DAY) > 0 FROM tickets"),
        ("nothing is known before it happened", "SELECT count(*) = 0 FROM tickets WHERE available_at < created_at"),
        ("figures mended the day after", "SELECT count(*) > 10 FROM (SELECT account_id, day, metric FROM usage_daily GROUP BY 1, 2, 3 HAVING count(DISTINCT value) > 1)"),
        ("nothing is known after the extract", "SELECT max(recorded_at) <= TIMESTAMP '2026-10-01 06:00:00' FROM invoices"),
    ]).await;
}
