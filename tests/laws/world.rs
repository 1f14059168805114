//! The generated world, changed for some of its accounts, and what a template makes of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, UInt32Array,
    new_null_array,
};
use arrow::compute::{cast, concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::{DataType, Date32Type};
use chrono::{Days, NaiveDate, NaiveTime};
use tempfile::TempDir;

use super::sources::{all, read, write};
use crate::cli::{code, err, good, hale};
use crate::oracle::table::{Row, Table, Value, batches, parquet_below, rows};
use crate::oracle::world::{GENERATED_LAST_DAY, at};

/// The last day.
pub const END: NaiveDate = GENERATED_LAST_DAY;

/// Days before the last one.
pub fn before(days: u64) -> NaiveDate {
    END - Days::new(days)
}

/// Some sources of a folder in another one.
pub fn linked(from: &Path, wanted: impl Fn(&str) -> bool) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for (name, path) in all() {
        let path = path.trim_end_matches('/');
        if wanted(&name) && from.join(path).exists() {
            std::os::unix::fs::symlink(from.join(path), to.path().join(path)).unwrap();
        }
    }
    to
}

/// Puts rows in the place of a source.
pub fn replace(folder: &Path, path: &str, rows: &RecordBatch) {
    let place = folder.join(path);
    std::fs::remove_file(&place).unwrap_or_else(|error| panic!("{path} is no link: {error}"));
    let file = if path.ends_with(".parquet") { place } else { place.join("all.parquet") };
    write(&file, rows);
}

/// Takes the events of accounts away, of each from a day on.
pub fn silence(sources: &Path, from: &BTreeMap<String, NaiveDate>) {
    without_events(sources, &|account, _, time| {
        from.get(account).is_some_and(|day| time >= at(*day, NaiveTime::MIN))
    });
}

/// Takes some events away, by account, whether a user did it, and time.
pub fn without_events(sources: &Path, is_gone: &dyn Fn(&str, bool, i64) -> bool) {
    let events = read(sources, "events").unwrap();
    let column = |name: &str| events.column_by_name(name).unwrap();
    let accounts = cast(column("account_id"), &DataType::Utf8).unwrap();
    let times = cast(column("occurred_at"), &DataType::Int64).unwrap();
    let (accounts, times) =
        (accounts.as_string::<i32>(), times.as_primitive::<arrow::datatypes::Int64Type>());
    let users = column("user_id");
    let keeps = |row: usize| !is_gone(accounts.value(row), users.is_valid(row), times.value(row));
    let kept: BooleanArray = (0..events.num_rows()).map(|row| Some(keeps(row))).collect();
    assert!(kept.true_count() < events.num_rows(), "nobody falls silent");
    replace(sources, "events", &filter_record_batch(&events, &kept).unwrap());
}

/// Gives each account some more tickets of the highest severity, opened on a day and never closed.
pub fn trouble(sources: &Path, accounts: &[(String, usize, NaiveDate)]) {
    let tickets = read(sources, "tickets.parquet").unwrap();
    let more: Vec<(String, NaiveDate)> =
        accounts.iter().flat_map(|(account, count, day)| vec![(account.clone(), *day); *count]).collect();
    let rows = take_record_batch(&tickets, &UInt32Array::from(vec![0; more.len()])).unwrap();
    let text = |value: &dyn Fn(usize) -> String| -> ArrayRef {
        Arc::new((0..more.len()).map(|row| Some(value(row))).collect::<StringArray>())
    };
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
    let schema = rows.schema();
    let column = |(field, old): (&Arc<arrow::datatypes::Field>, &ArrayRef)| -> ArrayRef {
        let new: ArrayRef = match field.name().as_str() {
            "ticket_id" => text(&|row| format!("more-{row}")),
            "account_id" => text(&|row| more[row].0.clone()),
            "user_id" => new_null_array(field.data_type(), more.len()),
            "type" => text(&|_| "incident".to_owned()),
            "severity" => Arc::new(Int64Array::from(vec![1; more.len()])),
            "created_at" | "available_at" => {
                Arc::new(more.iter().map(|(_, day)| Some(at(*day, noon))).collect::<Int64Array>())
            }
            _ => Arc::clone(old),
        };
        cast(&new, field.data_type()).unwrap()
    };
    let columns = schema.fields().iter().zip(rows.columns()).map(column).collect();
    let more = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
    replace(sources, "tickets.parquet", &concat_batches(&schema, [&tickets, &more]).unwrap());
}

/// Lets accounts go on in others, each from a day on.
pub fn merge(sources: &Path, more: &[(String, String, NaiveDate)]) {
    let merges = read(sources, "account_merges.parquet").unwrap();
    let rows = take_record_batch(&merges, &UInt32Array::from(vec![0; more.len()])).unwrap();
    let schema = rows.schema();
    let column = |(field, old): (&Arc<arrow::datatypes::Field>, &ArrayRef)| -> ArrayRef {
        let texts = |value: &dyn Fn(usize) -> String| -> ArrayRef {
            Arc::new((0..more.len()).map(|row| Some(value(row))).collect::<StringArray>())
        };
        let new: ArrayRef = match field.name().as_str() {
            "account_id" => texts(&|row| more[row].0.clone()),
            "survivor_id" => texts(&|row| more[row].1.clone()),
            "merged_on" => Arc::new(
                more.iter().map(|(.., day)| Some(Date32Type::from_naive_date(*day))).collect::<Date32Array>(),
            ),
            "recorded_at" => {
                Arc::new(more.iter().map(|(.., day)| Some(at(*day, NaiveTime::MIN))).collect::<Int64Array>())
            }
            _ => Arc::clone(old),
        };
        cast(&new, field.data_type()).unwrap()
    };
    let columns = schema.fields().iter().zip(rows.columns()).map(column).collect();
    let rows = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
    replace(sources, "account_merges.parquet", &concat_batches(&schema, [&merges, &rows]).unwrap());
}

/// A project of a template.
pub fn project(template: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    good(hale(folder.path(), &["init", "--template", template, "."]));
    folder
}

/// What other projects' scores are made of, and the scores of the bundled one.
pub const BASE: [&str; 3] = ["metrics", "components", "scores"];

/// The main score, and who is on the queue by it.
pub const QUEUE: [&str; 5] =
    ["components.health", "scores.health", "marts.customers", "marts.changes", "marts.work_queue"];

/// Publishes some tables of a project up to the last day: from sources, or from what is published.
#[track_caller]
pub fn run(project: &Path, (sources, again): (&Path, bool), out: &Path, first: NaiveDate, select: &[&str]) {
    let [sources, out, first, last] =
        [sources.display().to_string(), out.display().to_string(), first.to_string(), END.to_string()];
    let mut words = vec!["run", "--sources", &sources, "--out", &out, "--from", &first, "--to", &last];
    words.extend(again.then_some(["--rescore", "--mixed-columns"]).into_iter().flatten());
    words.push("--select");
    words.extend(select);
    let ended = hale(project, &words);
    assert_eq!(code(&ended), 0, "{}", err(&ended));
}

/// The same files in a folder of their own.
pub fn copied(out: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    let mut waiting = vec![out.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let there = to.path().join(path.strip_prefix(out).unwrap());
            if path.is_dir() {
                std::fs::create_dir_all(there).unwrap();
                waiting.push(path);
            } else {
                std::fs::copy(&path, there).unwrap();
            }
        }
    }
    to
}

/// A published table from a day on.
pub fn table(out: &Path, name: &str, first: NaiveDate) -> Table {
    let Table(mut rows) = Table::read(&out.join(name));
    rows.retain(|(day, _), _| *day >= first);
    Table(rows)
}

/// The rows of a published table of any key.
pub fn lines(out: &Path, name: &str) -> Vec<Row> {
    let files = parquet_below(&out.join(name));
    files.iter().flat_map(|file| batches(file)).flat_map(|batch| rows(&batch)).collect()
}

/// A number of a row; `None` for NULL.
pub fn number(row: &Row, column: &str) -> Option<f64> {
    match &row[column] {
        Value::Null => None,
        Value::Real(value) => Some(*value),
        Value::Whole(value) => Some(*value as f64),
        // A decimal.
        Value::Text(text) => Some(text.parse().unwrap()),
        other => panic!("{column} is no number: {other:?}"),
    }
}
