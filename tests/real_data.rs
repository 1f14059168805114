//! Six projects over real logs of different shapes, against values that other engines computed.
//!
//! The logs and their golden values are not shipped: `HALE_SHARED` names the folder that has them (`data/real`,
//! `data/golden`). Golden has the accounts with an event in the 28 days up to a date, and the published table one row
//! for each account alive on it: the rest of its rows must be zero.

mod known; // the rows that were known by the end of a day

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chrono::{Days, NaiveDate};
use polars::prelude::*;
use tempfile::TempDir;

/// Doubles are compared to this part of their size. Golden adds doubles up in an order of its own (an error of 2⁻⁵³ per
/// event and sum); hale adds integers or decimals and divides once.
const TOLERANCE: f64 = 1e-9;

/// Every date of golden.
const ALL: RangeInclusive<f64> = 0.0..=1.0;

/// What golden knows of an account on a day.
#[derive(Debug, Clone, PartialEq)]
struct Facts {
    /// events, active days, active users, features, event types
    counts: [i64; 5],
    quantity: f64,
    /// Microseconds of UTC.
    last_event_at: Option<i64>,
}

const COUNTS: [&str; 5] =
    ["events_28d", "active_days_28d", "active_users_28d", "features_28d", "event_types_28d"];

type Table = BTreeMap<(NaiveDate, String), Facts>;

#[test]
fn dpdk_equals_golden() {
    equals_golden("dpdk", [ALL]);
}

#[test]
fn online_retail_equals_golden() {
    equals_golden("online_retail", [ALL]);
}

#[test]
fn oulad_equals_golden() {
    equals_golden("oulad", [ALL]);
}

#[test]
fn hpc_ctc_sp2_equals_golden() {
    equals_golden("hpc_ctc_sp2", [ALL]);
}

/// Twelve million rows in all: the first ten dates and the last four.
#[test]
fn cdnow_equals_golden() {
    equals_golden("cdnow", [0.0..=0.15, 0.95..=1.0]);
}

#[test]
fn incidents_equals_golden() {
    equals_golden("incidents", [ALL]);
}

/// The same projects, unchanged, on logs that are not the ones they were written for.
#[test]
fn another_log_of_the_same_shape_gives_its_own_numbers() {
    for set in ["dpdk", "online_retail", "oulad", "hpc_ctc_sp2", "cdnow", "incidents"] {
        let Some(shared) = shared(set) else { continue };
        let golden = golden(&shared, set);
        let day = dates(&golden, &(0.15..=0.15))[0];
        let out = tempfile::tempdir().unwrap();
        // Where projects take accounts from the log as well, half of them are not listed.
        let listed = if ["dpdk", "incidents"].contains(&set) { 0.5 } else { 1.0 };
        let sources = another_log(&shared.join(format!("data/real/{set}")), listed);
        let shifted = day + Days::new(7);
        run(set, sources.path(), out.path(), shifted..=shifted);
        let of_day = golden.into_iter().filter(|((date, _), _)| *date == day);
        let expected = of_day.map(|((_, account), facts)| {
            let last_event_at = facts.last_event_at.map(|at| at + WEEK);
            ((shifted, format!("other-{account}")), Facts { last_event_at, ..facts })
        });
        compare(set, shifted, &expected.collect(), &published(out.path(), shifted));
    }
}

/// Where projects take accounts from the registry alone, events of others fail the project's audit: none is lost.
#[test]
fn events_of_unlisted_accounts_are_not_lost() {
    let Some(shared) = shared("hpc_ctc_sp2") else { return };
    let sources = another_log(&shared.join("data/real/hpc_ctc_sp2"), 0.5);
    let out = tempfile::tempdir().unwrap();
    let day: NaiveDate = "1996-09-17".parse().unwrap();
    let output = hale("hpc_ctc_sp2", sources.path(), out.path(), day..=day);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("every_event_has_a_row"), "{said}");
    assert!(!out.path().join("metrics").exists(), "a failed audit publishes nothing");
}

/// Runs a set from date to date, for one or more parts of golden's dates, and compares every date of them.
fn equals_golden<const N: usize>(set: &str, parts: [RangeInclusive<f64>; N]) {
    let Some(shared) = shared(set) else { return };
    let golden = golden(&shared, set);
    for part in parts {
        let dates = dates(&golden, &part);
        let out = tempfile::tempdir().unwrap();
        run(set, &shared.join(format!("data/real/{set}")), out.path(), dates[0]..=dates[dates.len() - 1]);
        for day in dates {
            let expected = golden.iter().filter(|((date, _), _)| *date == day);
            let expected = expected.map(|(key, facts)| (key.clone(), facts.clone())).collect();
            compare(set, day, &expected, &published(out.path(), day));
        }
    }
}

/// The folder with the logs, if it is there.
fn shared(set: &str) -> Option<PathBuf> {
    crate::skip::unless_shared(&[&format!("data/real/{set}"), "data/golden"])
}

/// The real command on a project of this folder.
fn hale(set: &str, sources: &Path, out: &Path, days: RangeInclusive<NaiveDate>) -> Output {
    hale_with(set, sources, out, days, &[])
}

fn hale_with(
    set: &str,
    sources: &Path,
    out: &Path,
    days: RangeInclusive<NaiveDate>,
    options: &[&str],
) -> Output {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects").join(set);
    let mut hale = Command::new(env!("CARGO_BIN_EXE_hale"));
    hale.args(["run", "--from", &days.start().to_string(), "--to", &days.end().to_string()]).args(options);
    hale.arg("--project").arg(project).arg("--sources").arg(sources).arg("--out").arg(out).output().unwrap()
}

fn run(set: &str, sources: &Path, out: &Path, days: RangeInclusive<NaiveDate>) {
    let output = hale(set, sources, out, days.clone());
    assert!(output.status.success(), "{set} for {days:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Golden's dates from one part of the way through them to another.
fn dates(golden: &Table, part: &RangeInclusive<f64>) -> Vec<NaiveDate> {
    let all: Vec<NaiveDate> =
        golden.keys().map(|(day, _)| *day).collect::<BTreeSet<_>>().into_iter().collect();
    let place = |part: f64| (part * (all.len() - 1) as f64).round() as usize;
    all[place(*part.start())..=place(*part.end())].to_vec()
}

fn golden(shared: &Path, set: &str) -> Table {
    let path = shared.join(format!("data/golden/dev_{set}_28d.parquet"));
    table(&ParquetReader::new(File::open(path).unwrap()).finish().unwrap(), "as_of")
}

/// The published day, read from its folder.
fn published(out: &Path, day: NaiveDate) -> Table {
    let path = out.join(format!("metrics/accounts/as_of={day}/part-0000.parquet"));
    table(&ParquetReader::new(File::open(path).unwrap()).finish().unwrap(), "as_of_date")
}

fn table(frame: &DataFrame, day: &str) -> Table {
    let days = frame.column(day).unwrap().cast(&DataType::Int32).unwrap();
    let accounts = frame.column("account_id").unwrap().str().unwrap();
    let counts = COUNTS.map(|name| frame.column(name).unwrap().i64().unwrap());
    let quantity = frame.column("quantity_28d").unwrap().f64().unwrap();
    let last = frame.column("last_event_at").unwrap();
    assert!(matches!(last.dtype(), DataType::Datetime(TimeUnit::Microseconds, _)));
    let last = last.cast(&DataType::Int64).unwrap();
    let rows = (0..frame.height()).map(|row| {
        let day = NaiveDate::from_epoch_days(days.i32().unwrap().get(row).unwrap()).unwrap();
        let facts = Facts {
            counts: counts.map(|column| column.get(row).unwrap()),
            quantity: quantity.get(row).unwrap(),
            last_event_at: last.i64().unwrap().get(row),
        };
        ((day, accounts.get(row).unwrap().to_owned()), facts)
    });
    let table: Table = rows.collect();
    assert_eq!(table.len(), frame.height(), "an account stands twice on a day");
    table
}

/// Every row of golden is there and equal, and whatever else is there is zero.
fn compare(set: &str, day: NaiveDate, golden: &Table, published: &Table) {
    assert!(!golden.is_empty(), "{set}: golden has nothing on {day}");
    for (key, expected) in golden {
        let Some(got) = published.get(key) else { panic!("{set}: {key:?} is missing") };
        let close = (got.quantity - expected.quantity).abs() <= TOLERANCE * expected.quantity.abs();
        let same = Facts { quantity: expected.quantity, ..got.clone() } == *expected;
        assert!(close && same, "{set}: {key:?} is {got:?}, golden has {expected:?}");
    }
    let silent = Facts { counts: [0; 5], quantity: 0.0, last_event_at: None };
    for (key, got) in published.iter().filter(|(key, _)| !golden.contains_key(key)) {
        assert_eq!(*got, silent, "{set}: golden has no event of {key:?}");
    }
}

/// Seven days in microseconds.
const WEEK: i64 = 7 * 24 * 3600 * 1_000_000;

/// A log of the same shape: other names, a week later, rows and columns the other way round; of the accounts that the
/// log has, only a part is listed.
fn another_log(folder: &Path, listed: f64) -> TempDir {
    let other = tempfile::tempdir().unwrap();
    for (table, kept) in [("accounts.parquet", listed), ("events.parquet", 1.0)] {
        let frame = ParquetReader::new(File::open(folder.join(table)).unwrap()).finish().unwrap();
        let rows = (frame.height() as f64 * kept) as usize;
        let columns = frame.tail(Some(rows)).reverse().columns().iter().rev().map(altered).collect();
        let mut frame = DataFrame::new_infer_height(columns).unwrap();
        ParquetWriter::new(File::create(other.path().join(table)).unwrap()).finish(&mut frame).unwrap();
    }
    other
}

fn altered(column: &Column) -> Column {
    match (column.name().as_str(), column.dtype()) {
        ("account_id", _) => {
            let names = column.str().unwrap().iter().map(|name| name.map(|name| format!("other-{name}")));
            Column::new("account_id".into(), names.collect::<Vec<_>>())
        }
        (_, DataType::Datetime(..)) => {
            let later = column.cast(&DataType::Int64).unwrap() + WEEK;
            later.cast(column.dtype()).unwrap()
        }
        _ => column.clone(),
    }
}
