//! The synthetic sources.
//!
//! ```text
//! (here)      the same bytes for the same world; worlds that cannot be
//! log         the event log: order, keys
//! planted     each awkward account and fact
//! turns       each awkward row that the truth tells of: late, mended, signed early, moved
//! ids         the same world under UUIDs
//! delivery    what is missing, late, twice
//! history     what follows health and what does not; churn after decline; the play
//! commerce    contracts, their changes and invoices tie out to the cent
//! people      judgements, overrides, hand-overs
//! ```

mod commerce;
mod delivery;
mod history;
mod ids;
mod log;
mod people;
mod planted;
mod turns;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Float64Type;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use futures::TryStreamExt;
use halescore::error::Error;
use halescore::generate::{Summary, World, generate};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use tokio::sync::OnceCell;

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
      FROM contract_events GROUP BY account_id
    )
    SELECT versions.*, CASE WHEN coalesce(back_on, DATE '1900-01-01') < left_on THEN left_on END AS churned_on
    FROM versions LEFT JOIN ended USING (account_id) WHERE age = 1";

/// In which account users who went over were from when until when.
const SEATS: &str = "CREATE VIEW seats AS
    SELECT user_id, account_id, valid_from, lead(valid_from) OVER (PARTITION BY user_id ORDER BY valid_from) AS until
    FROM (SELECT DISTINCT * FROM user_accounts)";

/// Every file below a folder under its name; versions of accounts as `account_versions`, the truth with its folder's.
async fn tables_in(data: &Path) -> SessionContext {
    let context = SessionContext::new();
    let mut tables = vec![("events".to_owned(), format!("{}/", data.join("events").display()))];
    for (folder, prefix) in [(data.to_owned(), ""), (data.join("truth"), "truth_")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if let (Some("parquet"), Some(stem)) = (
                path.extension().and_then(|end| end.to_str()),
                path.file_stem().and_then(|stem| stem.to_str()),
            ) {
                let name = if (stem, prefix) == ("accounts", "") { "account_versions" } else { stem };
                tables.push((format!("{prefix}{name}"), path.display().to_string()));
            }
        }
    }
    for (table, place) in tables {
        context.register_parquet(table, &place, ParquetReadOptions::default()).await.unwrap();
    }
    context.sql(ACCOUNTS).await.unwrap();
    context.sql(SEATS).await.unwrap();
    context
}

/// A world of 400 accounts and 400 days, generated once.
async fn large() -> SessionContext {
    static FOLDER: OnceCell<tempfile::TempDir> = OnceCell::const_new();
    let folder = FOLDER.get_or_init(|| async {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap());
        let world = World { accounts: 400, days: 400, events: 150_000, ..World::default() };
        generate(&world, &store, &"".into(), 2).await.unwrap();
        folder
    });
    tables_in(folder.await.path()).await
}

/// Each condition must hold.
async fn must_hold(context: &SessionContext, conditions: &[(&str, &str)]) {
    let mut broken = Vec::new();
    for (what, sql) in conditions {
        if number(context, &format!("SELECT CASE WHEN ({sql}) THEN 1 ELSE 0 END")).await != 1.0 {
            broken.push(what);
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

async fn number(context: &SessionContext, sql: &str) -> f64 {
    let sql = format!("SELECT CAST(({sql}) AS DOUBLE)");
    let batches = context.sql(&sql).await.unwrap().collect().await.unwrap();
    batches[0].column(0).as_primitive::<Float64Type>().value(0)
}

#[tokio::test]
async fn same_bytes_for_the_same_world_and_any_number_of_threads() {
    // Stories are told in stretches of 64 accounts: three of them here.
    let world = World { accounts: 150, ..small() };
    let (one, files) = in_memory(&world, 1).await;
    let (many, again) = in_memory(&world, 4).await;
    assert_eq!(one, many);
    assert!(files == again, "the bytes depend on the number of threads");
    assert_eq!(files.values().map(|bytes| bytes.len() as u64).sum::<u64>(), one.bytes);
    let months: Vec<_> = files.keys().filter_map(|name| name.strip_prefix("w/events/")).collect();
    assert_eq!(months, ["2026-06.parquet", "2026-07.parquet", "2026-08.parquet", "2026-09.parquet"]);
    let (_, other) = in_memory(&World { seed: 8, ..world }, 1).await;
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
