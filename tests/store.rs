//! Staging, auditing and publishing tables: what lies where, when, with which bytes.

mod audits;
mod commit;
mod encoding;
mod erase;
mod erase_faults;
mod faults;
mod history;
mod parts;
mod readers;
mod staging;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};
use chrono::{Days, NaiveDate};
use datafusion::execution::runtime_env::RuntimeEnv;
use futures::stream;
use halescore::error::Result;
use halescore::storage::Storage;
use halescore::store::{Author, State, Unfinished};
use halescore::table::{Publication, Published, StagedTable, Staging, TableSpec};

/// The first day of all tests.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 8, 30).unwrap()
}

/// Days counted from the first one.
fn day(number: u64) -> NaiveDate {
    first_day() + Days::new(number)
}

fn days(first: u64, last: u64) -> RangeInclusive<NaiveDate> {
    day(first)..=day(last)
}

fn date32(day: NaiveDate) -> i32 {
    day.signed_duration_since(NaiveDate::default()).num_days() as i32
}

/// `metrics.usage`: account, day, two measures.
fn usage() -> TableSpec {
    let fields = [
        ("account_id", DataType::Utf8View),
        ("as_of_date", DataType::Date32),
        ("seconds", DataType::Int64),
        ("share", DataType::Float64),
    ];
    let fields: Vec<_> = fields.into_iter().map(|(name, kind)| Field::new(name, kind, false)).collect();
    TableSpec {
        layer: "metrics".to_owned(),
        name: "usage".to_owned(),
        schema: Arc::new(Schema::new(fields)),
        not_null: vec!["seconds".to_owned()],
        primary_key: vec!["account_id".to_owned(), "as_of_date".to_owned()],
        checks: Vec::new(),
        by_day: Some("as_of_date".to_owned()),
        description: "Usage of each account.".to_owned(),
        column_descriptions: vec![("seconds".to_owned(), "seconds in the \"product\"".to_owned())],
    }
}

/// A row of [`usage`].
#[derive(Debug, Clone, PartialEq)]
struct Row {
    account: Option<String>,
    day: Option<NaiveDate>,
    seconds: Option<i64>,
    share: Option<f64>,
}

fn row(account: &str, day: NaiveDate, seconds: i64) -> Row {
    let share = Some(seconds as f64 / 7.0);
    Row { account: Some(account.to_owned()), day: Some(day), seconds: Some(seconds), share }
}

fn batch(rows: &[Row]) -> RecordBatch {
    let accounts = StringViewArray::from_iter(rows.iter().map(|row| row.account.as_deref()));
    let days = Date32Array::from_iter(rows.iter().map(|row| row.day.map(date32)));
    let seconds = Int64Array::from_iter(rows.iter().map(|row| row.seconds));
    let shares = Float64Array::from_iter(rows.iter().map(|row| row.share));
    let columns: [(&str, ArrayRef); 4] = [
        ("account_id", Arc::new(accounts)),
        ("as_of_date", Arc::new(days)),
        ("seconds", Arc::new(seconds)),
        ("share", Arc::new(shares)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

/// Three accounts on each of some days; `seed` changes the numbers.
fn usage_rows(days: RangeInclusive<NaiveDate>, seed: i64) -> Vec<Row> {
    let days = days.start().iter_days().take_while(move |day| days.contains(day));
    let accounts = |day: NaiveDate| {
        ["acme", "it's; \"q\"/..", "zoë\n"]
            .map(|account| row(account, day, seed + i64::from(date32(day)) % 100))
    };
    days.flat_map(accounts).collect()
}

async fn begin(storage: &Storage) -> Staging {
    Staging::begin(storage, 2, &RuntimeEnv::default()).await.unwrap()
}

async fn write(staging: &Staging, spec: TableSpec, batches: Vec<RecordBatch>) -> Result<Arc<StagedTable>> {
    staging.write(spec, vec![stream::iter(batches.into_iter().map(Ok))]).await
}

/// Builds and publishes `metrics.usage` in one run.
async fn publish_usage(storage: &Storage, rows: &[Row], days: RangeInclusive<NaiveDate>) -> Published {
    let staging = begin(storage).await;
    let table = write(&staging, usage(), vec![batch(rows)]).await.unwrap();
    assert_eq!(table.findings, []);
    publish(staging, storage, days).await.unwrap()
}

/// Publishes some days of all that a run has built, on top of what is published by then.
async fn publish(
    staging: Staging,
    storage: &Storage,
    days: RangeInclusive<NaiveDate>,
) -> Result<Published, Unfinished> {
    let base = State::newest(storage).await?;
    publish_on(staging, &base, days).await
}

/// Publishes some days of all that a run has built, which began with what was published as of `base`.
async fn publish_on(
    staging: Staging,
    base: &State,
    days: RangeInclusive<NaiveDate>,
) -> Result<Published, Unfinished> {
    let days = days.start().iter_days().take_while(|day| days.contains(day)).collect();
    let publication = Publication {
        base,
        author: Author::default(),
        days,
        facts: BTreeMap::new(),
        rewritten: BTreeMap::new(),
        read: BTreeSet::new(),
    };
    staging.publish(publication, |_| true).await
}

fn local(folder: &Path) -> Storage {
    Storage::open(folder.to_str().unwrap(), Path::new("/")).unwrap()
}

/// Every file that readers of plain folders see, and what runs have left in staging: path and bytes.
async fn content(storage: &Storage) -> BTreeMap<String, bytes::Bytes> {
    let mut content = BTreeMap::new();
    for object in storage.list("").await.unwrap() {
        let relative = storage.relative(&object.location).unwrap();
        if relative.starts_with("_hale/") && !relative.starts_with("_hale/staging/") {
            continue;
        }
        let bytes = storage.get(&relative).await.unwrap();
        content.insert(relative, bytes);
    }
    content
}
