//! The event log: its order and its keys.
use std::path::Path;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::prelude::{ParquetReadOptions, SessionContext};

use super::{number, sample};

#[tokio::test]
async fn events_are_sorted_and_their_keys_hold() {
    let data = sample().await;
    // File by file, because a scan may interleave files.
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/events")).unwrap() {
        let path = entry.unwrap().path().display().to_string();
        let context = SessionContext::new();
        context.register_parquet("month", &path, ParquetReadOptions::default()).await.unwrap();
        let ids = "SELECT event_id, CAST(occurred_at AS BIGINT) AS at FROM month";
        let mut last = (0, 0);
        for batch in context.sql(ids).await.unwrap().collect().await.unwrap() {
            let (id, at) =
                (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_primitive::<Int64Type>());
            for row in (0..batch.num_rows()).map(|row| (at.value(row), id.value(row))) {
                assert!(last <= row, "{path}: {row:?} stands after {last:?}");
                last = row;
            }
        }
    }
    for (what, rows, sql) in [
        ("account ids repeat", 0.0, "SELECT count(*) - count(DISTINCT account_id) FROM accounts"),
        ("user ids repeat", 0.0, "SELECT count(*) - count(DISTINCT user_id) FROM users"),
        (
            "one id, two different rows",
            0.0,
            "SELECT count(DISTINCT event_id) - (SELECT count(*) FROM (SELECT DISTINCT * FROM events)) FROM events",
        ),
        (
            "a user acts for another account than that of the day",
            0.0,
            "SELECT count(*) FROM events e JOIN users u ON e.user_id = u.user_id
             LEFT JOIN seats s ON s.user_id = e.user_id AND e.occurred_at >= s.valid_from AND (s.until IS NULL OR e.occurred_at < s.until)
             WHERE e.account_id <> coalesce(s.account_id, u.account_id)",
        ),
        (
            "a row comes more than sixty days late",
            0.0,
            "SELECT count(*) FROM events WHERE available_at > occurred_at + INTERVAL '60' DAY",
        ),
        (
            "a user acts before being created",
            0.0,
            "SELECT count(*) FROM events e JOIN users u ON e.user_id = u.user_id
             WHERE CAST(e.occurred_at AS DATE) < u.created_on",
        ),
        (
            "a row is known before it happened or after the extract",
            0.0,
            "SELECT count(*) FROM events
             WHERE available_at < occurred_at OR available_at > TIMESTAMP '2026-10-01 06:00:00'",
        ),
        (
            "accounts of events outside accounts",
            1.0,
            "SELECT count(DISTINCT account_id) FROM events WHERE account_id NOT IN (SELECT account_id FROM accounts)",
        ),
        (
            "users of events outside users",
            1.0,
            "SELECT count(DISTINCT user_id) FROM events WHERE user_id NOT IN (SELECT user_id FROM users)",
        ),
        (
            "users of no account",
            1.0,
            "SELECT count(*) FROM users WHERE account_id NOT IN (SELECT account_id FROM accounts)",
        ),
    ] {
        assert_eq!(number(&data, sql).await, rows, "{what}");
    }
}
