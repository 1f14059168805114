//! What the bundled project makes of the drawn books.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use chrono::{Days, NaiveDate};
use tempfile::TempDir;

use super::books::Books;
use super::drawn;
use crate::oracle::beginnings::not_told;
use crate::oracle::merges::not_yet;
use crate::oracle::project_with;
use crate::oracle::table::{Row, Table, Value, batches, parquet_below, rows};
use crate::oracle::world::LAST_DAY;
use crate::pipeline::Run;

/// The books that all subjects are held to.
pub static BOOKS: LazyLock<Books> = LazyLock::new(drawn::books);

/// The first day of the project's calendar, far enough back for every window.
pub const HISTORY_STARTS: NaiveDate = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();

/// From which day on the log is said to be complete: windows of 28 and of 56 days begin before it on some of the days looked
/// at, and not on others.
pub const COMPLETE_FROM: NaiveDate = NaiveDate::from_ymd_opt(2026, 5, 2).unwrap();

/// The bundled project in the zone of the books, and as far back as they go.
pub fn project() -> TempDir {
    let zone = format!("time_zone: {}", BOOKS.world.zone.name());
    let starts = format!("history_starts: {HISTORY_STARTS}");
    let complete = format!("events: {COMPLETE_FROM}");
    let edits = [
        ("hale.yml", "time_zone: UTC", &*zone),
        ("hale.yml", "history_starts: 2026-01-01", &*starts),
        ("hale.yml", "events: 2026-03-15", &*complete),
    ];
    project_with(&edits)
}

static OUT: LazyLock<TempDir> = LazyLock::new(|| {
    let [sources, out] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    BOOKS.write(sources.path());
    let project = project();
    let tables = ["contract_lines", "contracts", "spine", "growth", "billing", "seats", "users"]
        .map(|name| format!("metrics.{name}"));
    let run = Run::new(project.path(), sources.path(), out.path());
    let run = run.select(&tables.each_ref().map(String::as_str));
    run.publish(days()).unwrap_or_else(|error| panic!("{error}"));
    out
});

/// The days that are looked at.
pub fn days() -> RangeInclusive<NaiveDate> {
    (LAST_DAY - Days::new(34))..=LAST_DAY
}

/// Each of them.
pub fn each_day() -> impl Iterator<Item = NaiveDate> {
    days().start().iter_days().take_while(|day| days().contains(day))
}

/// A published table of `metrics` with a row per account and day; of models that look back, the days looked at.
pub fn table(name: &str) -> Table {
    let mut table = Table::read(&OUT.path().join("metrics").join(name));
    table.0.retain(|(day, _), _| days().contains(day));
    assert!(table.0.len() > 200, "{name}: {} rows show little", table.0.len());
    table
}

/// The rows of any published table of `metrics`.
pub fn rows_of(name: &str) -> Vec<Row> {
    let files = parquet_below(&OUT.path().join("metrics").join(name));
    files.iter().flat_map(|path| batches(path)).flat_map(|batch| rows(&batch)).collect()
}

/// Every account and day on which it is a customer.
pub fn customer_days() -> Vec<(NaiveDate, String)> {
    let commerce = &BOOKS.world.commerce;
    let of_day = |day: NaiveDate| {
        let ids = commerce.account_ids().into_iter();
        ids.filter(move |id| commerce.customer(&BOOKS.world, id, day).is_some())
            .map(move |id| (day, id.to_owned()))
    };
    each_day().flat_map(of_day).collect()
}

/// Cents as published.
pub fn money(cents: i128) -> Value {
    let sign = if cents < 0 { "-" } else { "" };
    Value::Text(format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100))
}

/// `above / below`, unknown without anything below the line; both exact.
pub fn ratio(above: f64, below: f64) -> Value {
    if below == 0.0 { Value::Null } else { Value::Real(above / below) }
}

/// A share by which something grew, unknown without a base.
pub fn growth(now: f64, before: Option<f64>) -> Value {
    match ratio(now, before.unwrap_or(0.0)) {
        Value::Real(times) => Value::Real(times - 1.0),
        unknown => unknown,
    }
}

/// A value where its source reports.
pub fn known(reports: bool, value: Value) -> Value {
    if reports { value } else { Value::Null }
}

/// A day or nothing.
pub fn day(day: Option<NaiveDate>) -> Value {
    day.map_or(Value::Null, Value::Day)
}

/// A row from its columns; windows that reach back before another account went on in this one have no value yet, nor have
/// those of which the log does not tell.
pub fn row<const N: usize>((day, account): (NaiveDate, &str), columns: [(&str, Value); N]) -> Row {
    let keys = [("account_id", Value::Text(account.to_owned())), ("as_of_date", Value::Day(day))];
    let mut row: Row =
        keys.into_iter().chain(columns).map(|(name, value)| (name.to_owned(), value)).collect();
    let joined = BOOKS.world.commerce.joined_on(account, day).map(|on| (day - on).num_days() + 1);
    not_yet(row.iter_mut().map(|(column, value)| (column.as_str(), value)), joined);
    not_told(row.iter_mut().map(|(column, value)| (column.as_str(), value)), day, COMPLETE_FROM);
    row
}
