//! The synthetic sources: the same bytes for the same world, a believable history, the planted cases.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{Float64Type, Int64Type};
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use futures::TryStreamExt;
use halescore::error::Error;
use halescore::generate::{Summary, World, generate};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

type Files = BTreeMap<String, Vec<u8>>;

fn small() -> World {
    World { accounts: 60, days: 100, events: 20_000, seed: 7, ..World::default() }
}

async fn in_memory(world: &World, threads: usize) -> (Summary, Files) {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let summary = generate(world, &store, &"w".into(), threads).await.unwrap();
    let mut files = Files::new();
    for object in store.list(None).try_collect::<Vec<_>>().await.unwrap() {
        let bytes = store.get(&object.location).await.unwrap().bytes().await.unwrap();
        files.insert(object.location.to_string(), bytes.to_vec());
    }
    (summary, files)
}

/// The bundled sample under SQL names.
async fn sample() -> SessionContext {
    tables_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data")).await
}

/// Accounts as they are known last, with the day on which they left, as one would look them up.
const ACCOUNTS: &str = "CREATE VIEW accounts AS
    WITH versions AS (
      SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY recorded_at DESC) AS age FROM account_versions
    ), ended AS (
      SELECT account_id, max(effective_on) FILTER (WHERE type = 'churn') AS left_on,
             max(effective_on) FILTER (WHERE type = 'reactivation') AS back_on
      FROM changes GROUP BY account_id
    )
    SELECT versions.*, CASE WHEN coalesce(back_on, DATE '1900-01-01') < left_on THEN left_on END AS churned_on
    FROM versions LEFT JOIN ended USING (account_id) WHERE age = 1";

async fn tables_in(data: &Path) -> SessionContext {
    let context = SessionContext::new();
    for (table, place) in [
        ("account_versions", "accounts.parquet"),
        ("users", "users.parquet"),
        ("events", "events/"),
        ("contracts", "contracts.parquet"),
        ("changes", "contract_events.parquet"),
        ("owners", "account_owners.parquet"),
        ("assessments", "assessments.parquet"),
        ("overrides", "overrides.parquet"),
    ] {
        let place = data.join(place).display().to_string() + if place.ends_with('/') { "/" } else { "" };
        context.register_parquet(table, &place, ParquetReadOptions::default()).await.unwrap();
    }
    context.sql(ACCOUNTS).await.unwrap();
    context
}

async fn number(context: &SessionContext, sql: &str) -> f64 {
    let sql = format!("SELECT CAST(({sql}) AS DOUBLE)");
    let batches = context.sql(&sql).await.unwrap().collect().await.unwrap();
    batches[0].column(0).as_primitive::<Float64Type>().value(0)
}

#[tokio::test]
async fn same_bytes_for_the_same_world_and_any_number_of_threads() {
    let (one, files) = in_memory(&small(), 1).await;
    let (many, again) = in_memory(&small(), 4).await;
    assert_eq!(one, many);
    assert!(files == again, "the bytes depend on the number of threads");
    assert_eq!(files.values().map(|bytes| bytes.len() as u64).sum::<u64>(), one.bytes);
    let months: Vec<_> = files.keys().filter_map(|name| name.strip_prefix("w/events/")).collect();
    assert_eq!(months, ["2026-06.parquet", "2026-07.parquet", "2026-08.parquet", "2026-09.parquet"]);
    let (_, other) = in_memory(&World { seed: 8, ..small() }, 1).await;
    assert!(files != other, "the seed changes nothing");
}

#[tokio::test]
async fn committed_sample_is_the_default_world() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let (_, fresh) = in_memory(&World::default(), 2).await;
    for (name, bytes) in &fresh {
        let path = committed.join(name.trim_start_matches("w/"));
        let there = std::fs::read(&path).unwrap_or_default();
        assert!(&there == bytes, "{} is out of date: run `make data`", path.display());
    }
    let below = |folder: &str| std::fs::read_dir(committed.join(folder)).unwrap();
    let is_file = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().path().is_file();
    let there: usize = ["", "events", "truth"]
        .map(|folder| below(folder).filter_map(|entry| is_file(entry).then_some(())).count())
        .iter()
        .sum();
    assert_eq!(there, fresh.len(), "data/ holds a file that is not part of the sample");
    let size: usize = fresh.values().map(Vec::len).sum();
    assert!(size < 3_000_000, "the sample has grown to {size} bytes");
}

#[tokio::test]
async fn number_of_events_is_near_the_target() {
    for (world, tolerance) in [
        (small(), 0.06),
        (World { events: 1_000, ..small() }, 0.25),
        (World { events: 400_000, accounts: 45, days: 40, ..small() }, 0.10),
    ] {
        let (summary, _) = in_memory(&world, 2).await;
        let off = summary.events as f64 / world.events as f64 - 1.0;
        assert!(off.abs() < tolerance, "{} events asked for, {} made", world.events, summary.events);
    }
}

#[tokio::test]
async fn worlds_at_the_edge() {
    let one = World { accounts: 1, users_per_account: 1.0, days: 1, events: 0, ..small() };
    let (summary, files) = in_memory(&one, 1).await;
    assert_eq!((summary.accounts, summary.users, summary.events), (1, 1, 0));
    assert!(
        files.contains_key("w/events/2026-09.parquet"),
        "a month without events is still a readable file"
    );

    for wrong in [
        World { accounts: 0, ..small() },
        World { days: 0, ..small() },
        World { users_per_account: f64::NAN, ..small() },
        World { users_per_account: -1.0, ..small() },
        World { users_per_account: 1e6, accounts: u32::MAX, ..small() },
        World { days: u32::MAX, ..small() },
        World { end: NaiveDate::MAX, ..small() },
    ] {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let error = generate(&wrong, &store, &"".into(), 1).await.unwrap_err();
        assert!(matches!(error, Error::Usage(_)), "{wrong:?}: {error}");
        assert!(store.list(None).try_collect::<Vec<_>>().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn refuses_to_mix_two_worlds() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap());
    generate(&small(), &store, &"".into(), 2).await.unwrap();
    generate(&small(), &store, &"".into(), 2).await.expect("the same world replaces itself");
    let stranger = "events/1999-01.parquet".into();
    store.put(&stranger, PutPayload::from_static(b"of another world")).await.unwrap();
    let error = generate(&small(), &store, &"".into(), 2).await.unwrap_err();
    assert!(matches!(&error, Error::Usage(message) if message.contains("1999-01")), "{error}");
}

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
            "a user of a listed account acts for another",
            0.0,
            "SELECT count(*) FROM events e JOIN users u ON e.user_id = u.user_id WHERE e.account_id <> u.account_id",
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

#[tokio::test]
async fn planted_cases_are_there() {
    let data = sample().await;
    let last28 = "occurred_at >= TIMESTAMP '2026-09-03'";
    let before28 = "occurred_at >= TIMESTAMP '2026-08-06' AND occurred_at < TIMESTAMP '2026-09-03'";
    for (what, sql) in [
        ("a name with quotes and comma", r#"SELECT count(*) = 1 FROM accounts WHERE name LIKE '%''%"%,%'"#.into()),
        ("a name outside ASCII", "SELECT count(*) = 1 FROM accounts WHERE octet_length(name) > character_length(name)".into()),
        ("a name with a path and a line break", "SELECT count(*) = 1 FROM accounts WHERE name LIKE '../%' AND strpos(name, chr(10)) > 0".into()),
        ("a test account with events", "SELECT count(*) > 0 FROM events JOIN accounts USING (account_id) WHERE is_test".into()),
        ("a brand-new account with events", "SELECT count(*) > 0 FROM events JOIN accounts USING (account_id) WHERE customer_since = DATE '2026-09-30'".into()),
        ("an account without users", "SELECT count(*) = 1 FROM accounts WHERE is_customer AND account_id NOT IN (SELECT account_id FROM users)".into()),
        ("an account with users and without events", "SELECT count(*) > 0 FROM accounts WHERE churned_on IS NULL AND customer_since < DATE '2026-09-01' AND account_id IN (SELECT account_id FROM users) AND account_id NOT IN (SELECT account_id FROM events)".into()),
        ("events before the account's start", "SELECT count(*) > 0 FROM events JOIN accounts USING (account_id) WHERE CAST(occurred_at AS DATE) < customer_since".into()),
        ("events after churn", "SELECT count(*) > 0 FROM events JOIN accounts USING (account_id) WHERE CAST(occurred_at AS DATE) > churned_on".into()),
        ("an account that churned before the first day", "SELECT count(*) > 0 FROM accounts WHERE churned_on < DATE '2026-03-15'".into()),
        ("an account of one user", "SELECT count(DISTINCT user_id) = 1 FROM events WHERE account_id = 'a000009'".into()),
        ("an event just outside the last window", "SELECT count(*) = 1 FROM events WHERE account_id = 'a000009' AND occurred_at = TIMESTAMP '2026-09-02 23:59:59.999999'".into()),
        ("an event just inside the last window", "SELECT count(*) = 1 FROM events WHERE account_id = 'a000009' AND occurred_at = TIMESTAMP '2026-09-03 00:00:00'".into()),
        ("a zero base", format!("SELECT count(*) FILTER (WHERE {before28}) = 0 AND count(*) FILTER (WHERE {last28}) > 0 FROM events WHERE account_id = 'a000010'")),
        ("a silent customer", format!("SELECT count(*) FILTER (WHERE {last28}) = 0 AND count(*) > 0 FROM events WHERE account_id = 'a000011'")),
        ("rows delivered twice", "SELECT count(*) - count(DISTINCT event_id) BETWEEN 20 AND 150 FROM events".into()),
        ("late rows", "SELECT avg(CASE WHEN available_at > occurred_at + INTERVAL '1 day' THEN 1.0 ELSE 0.0 END) BETWEEN 0.002 AND 0.006 FROM events".into()),
    ] {
        assert_eq!(number(&data, &format!("SELECT CASE WHEN ({sql}) THEN 1 ELSE 0 END")).await, 1.0, "{what}");
    }
}

#[tokio::test]
async fn the_history_is_believable() {
    let data = sample().await;
    let per_weekday = |days: &str| {
        format!(
            "SELECT count(*) / count(DISTINCT CAST(occurred_at AS DATE)) FROM events WHERE date_part('dow', occurred_at) IN ({days})"
        )
    };
    let (weekend, workday) =
        (number(&data, &per_weekday("0, 6")).await, number(&data, &per_weekday("1, 2, 3, 4")).await);
    assert!(weekend < 0.5 * workday, "weekends have {weekend} events a day, working days {workday}");

    let top_tenth =
        "SELECT sum(n) FROM (SELECT count(*) AS n FROM events GROUP BY account_id ORDER BY n DESC LIMIT 12)";
    let share = number(&data, top_tenth).await / number(&data, "SELECT count(*) FROM events").await;
    assert!((0.25..0.75).contains(&share), "the largest tenth of accounts has {share} of the events");

    for (what, sql) in [
        ("segments", "SELECT count(DISTINCT segment) = 3 FROM accounts"),
        ("features", "SELECT count(DISTINCT feature) = 12 FROM events"),
        (
            "sessions begin with a login",
            "SELECT count(DISTINCT session_id) = count(DISTINCT event_id) FILTER (WHERE event_name = 'login') FROM events WHERE occurred_at < TIMESTAMP '2026-09-19'",
        ),
        (
            "integrations have no user",
            "SELECT bool_and((event_name = 'api_call') = (user_id IS NULL)) FROM events",
        ),
        (
            "seconds are sane",
            "SELECT min(seconds) >= 0 AND max(seconds) < 3600 AND avg(seconds) BETWEEN 20 AND 200 FROM events",
        ),
        ("errors happen", "SELECT avg(CAST(is_error AS INT)) BETWEEN 0.002 AND 0.05 FROM events"),
    ] {
        assert_eq!(
            number(&data, &format!("SELECT CASE WHEN ({sql}) THEN 1 ELSE 0 END")).await,
            1.0,
            "{what}"
        );
    }
}

#[tokio::test]
async fn use_declines_before_churn_and_not_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap());
    let world = World { accounts: 400, days: 400, events: 150_000, ..World::default() };
    generate(&world, &store, &"".into(), 2).await.unwrap();
    let data = tables_in(folder.path()).await;
    // Events on the last 28 days of an account against the 28 days that end 120 days earlier.
    let change = |accounts: &str, last: &str| {
        format!(
            "SELECT CAST(count(*) FILTER (WHERE before < 28) AS DOUBLE) / count(*) FILTER (WHERE before >= 120)
             FROM (SELECT CAST({last} AS DATE) - CAST(occurred_at AS DATE) AS before
                   FROM events JOIN accounts USING (account_id)
                   WHERE {accounts} AND customer_since < CAST({last} AS DATE) - INTERVAL '150' DAY)
             WHERE before BETWEEN 0 AND 27 OR before BETWEEN 120 AND 147"
        )
    };
    let churned = number(&data, &change("churned_on > DATE '2026-02-01'", "churned_on")).await;
    let stayed = number(&data, &change("churned_on IS NULL", "'2026-09-30'")).await;
    assert!(churned < 0.5, "accounts that churn keep {churned} of their use to the end");
    assert!((0.8..1.6).contains(&stayed), "accounts that stay change their use by {stayed}");
}

#[tokio::test]
async fn people_judge_and_decide() {
    let data = sample().await;
    let end = "TIMESTAMP '2026-10-01'";
    let of = |table: &str, account: &str, condition: &str| {
        format!("SELECT count(*) FROM {table} WHERE account_id = '{account}' AND ({condition})")
    };
    for (what, rows, sql) in [
        ("an account handed over", 2.0, of("owners", "a000001", "true")),
        (
            "a judgement before the hand-over",
            1.0,
            "SELECT count(*) FROM assessments JOIN owners USING (account_id) WHERE assessments.account_id = 'a000001' AND end_at IS NULL AND effective_at < start_at".into(),
        ),
        ("an expired judgement", 1.0, of("assessments", "a000003", &format!("expires_at < {end}"))),
        ("a judgement written down late", 1.0, of("assessments", "a000009", "recorded_at > effective_at + INTERVAL '19' DAY")),
        ("a corrected judgement", 2.0, of("assessments", "a000010", "assessment_id = 'j000010-00'")),
        ("a cap in force", 1.0, of("overrides", "a000001", &format!("mode = 'cap' AND expires_at > {end}"))),
        ("a floor in force", 1.0, of("overrides", "a000009", &format!("mode = 'floor' AND expires_at > {end}"))),
        ("a set in force", 1.0, of("overrides", "a000011", &format!("mode = 'set' AND expires_at > {end}"))),
        ("an adjustment in force", 1.0, of("overrides", "a000014", &format!("mode = 'adjust' AND expires_at > {end}"))),
        ("an expired override", 1.0, of("overrides", "a000002", &format!("expires_at < {end}"))),
        ("a revoked override", 1.0, of("overrides", "a000003", &format!("revoked_at < {end} AND expires_at > {end}"))),
        ("judgements of the future", 0.0, "SELECT count(*) FROM assessments WHERE recorded_at > TIMESTAMP '2026-10-01 06:00:00'".into()),
        ("values off the scale", 0.0, "SELECT count(*) FROM assessments WHERE value NOT BETWEEN 1 AND scale".into()),
        ("strangers", 0.0, "SELECT count(*) FROM assessments LEFT JOIN accounts USING (account_id) WHERE accounts.name IS NULL".into()),
    ] {
        assert_eq!(number(&data, &sql).await, rows, "{what}");
    }
    let judged = number(&data, "SELECT count(DISTINCT account_id) FROM assessments").await;
    assert!((45.0..90.0).contains(&judged), "{judged} of 120 accounts are judged");
}
