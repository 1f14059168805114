//! Which rows of a source a day may know, by what the source declares; and sources cut to them.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use chrono::NaiveDate;
use halescore::engine::sources::Reading;
use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::project::model::{Kind, Model};
use halescore::project::time::{BeforeFirst, Known, Time, Versions};
use tempfile::TempDir;

use crate::laws::sources::read;
use crate::laws::world::replace;

/// The source in which loaders say how far their loads reach.
pub const LOADS: &str = "source_status";

/// A source, and how its rows are dated.
pub struct Dated {
    pub name: String,
    pub path: String,
    pub time: Time,
}

/// The sources of a project.
pub fn dated(project: &Path) -> Vec<Dated> {
    let pipeline = Pipeline::build(Project::load(project).unwrap()).unwrap();
    let source = |model: &Model| match &model.kind {
        Kind::Source(source) => Some(Dated {
            name: model.name.table.clone(),
            path: source.path.clone(),
            time: source.time.clone(),
        }),
        _ => None,
    };
    pipeline.models.iter().filter_map(source).collect()
}

/// The days of a column, counted from 1970 in UTC, which is the bundled project's zone.
pub fn days(rows: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    const DAY: i64 = 24 * 3600 * 1_000_000;
    let column = rows.column_by_name(column).unwrap_or_else(|| panic!("no column {column}"));
    let is_day = *column.data_type() == DataType::Date32;
    let whole = if is_day { cast(column, &DataType::Int32).unwrap() } else { column.clone() };
    let whole = cast(&whole, &DataType::Int64).unwrap();
    let whole = whole.as_primitive::<Int64Type>();
    whole.iter().map(|value| value.map(|value| if is_day { value } else { value.div_euclid(DAY) })).collect()
}

/// The words of each row's columns.
pub fn texts(rows: &RecordBatch, columns: &[String]) -> Vec<Vec<String>> {
    let column = |name: &String| {
        let text = cast(rows.column_by_name(name).unwrap(), &DataType::Utf8).unwrap();
        text.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>()
    };
    let columns: Vec<_> = columns.iter().map(column).collect();
    (0..rows.num_rows())
        .map(|row| columns.iter().map(|column| format!("{:?}", column[row])).collect())
        .collect()
}

fn known(rows: &RecordBatch, known: &Known, from: Option<&str>) -> Vec<Option<i64>> {
    match (known, from) {
        (Known::At(column), _) => days(rows, column),
        (Known::After(later), Some(from)) => {
            days(rows, from).into_iter().map(|day| day.map(|day| day + i64::from(*later))).collect()
        }
        (Known::After(_), None) => vec![None; rows.num_rows()],
    }
}

/// From which day each row says something; `None` for what stands for all days before it too.
fn from(rows: &RecordBatch, time: &Time) -> Vec<Option<i64>> {
    match time {
        Time::Events(events) => days(rows, &events.happened_at),
        Time::Snapshots(snapshots) => days(rows, &snapshots.taken_at),
        Time::Current(_) => vec![None; rows.num_rows()],
        Time::Versions(versions) => from_of_versions(rows, versions),
    }
}

fn from_of_versions(rows: &RecordBatch, versions: &Versions) -> Vec<Option<i64>> {
    let said: Vec<Vec<Option<i64>>> = versions.valid_from.iter().map(|column| days(rows, column)).collect();
    let begun = versions.begins_at.as_ref().map(|column| days(rows, column));
    let known = known(rows, &versions.known, versions.valid_from.first().map(String::as_str));
    let of = |row: usize| {
        let said = said.iter().find_map(|days| days[row]);
        let from = said.or(known[row]);
        let begun = begun.as_ref().and_then(|begun| begun[row]);
        match versions.before_first {
            BeforeFirst::Absent => from.map(|from| begun.map_or(from, |begun| begun.min(from))),
            BeforeFirst::Approximate => None,
            BeforeFirst::ApproximateIfUndated => from.filter(|_| said.is_some()),
        }
    };
    let from: Vec<Option<i64>> = (0..rows.num_rows()).map(of).collect();
    if versions.version.is_empty() {
        return from;
    }
    // Rows of one statement correct each other: what is known last says what it was, from the first of their days on.
    let statements = texts(rows, &[versions.key.clone(), versions.version.clone()].concat());
    let mut first: BTreeMap<&Vec<String>, Option<i64>> = BTreeMap::new();
    for (statement, from) in statements.iter().zip(&from) {
        first.entry(statement).and_modify(|first| *first = (*first).min(*from)).or_insert(*from);
    }
    statements.iter().map(|statement| first[statement]).collect()
}

/// Which rows a day may know.
fn until(rows: &RecordBatch, time: &Time, day: NaiveDate, reading: Reading) -> BooleanArray {
    let day = i64::from(day.to_epoch_days());
    let from = from(rows, time);
    let known = match (reading, time) {
        (Reading::AsHappened, _) => vec![None; rows.num_rows()],
        (Reading::AsKnown, Time::Events(events)) => known(rows, &events.known, Some(&events.happened_at)),
        (Reading::AsKnown, Time::Versions(versions)) => {
            known(rows, &versions.known, versions.valid_from.first().map(String::as_str))
        }
        (Reading::AsKnown, Time::Snapshots(_) | Time::Current(_)) => vec![None; rows.num_rows()],
    };
    let is_there = |date: &Option<i64>| date.is_none_or(|date| date <= day);
    // A statement about later may have been known before: as known it stays, and must change nothing of the day either.
    let by = match (reading, time) {
        (Reading::AsKnown, Time::Versions(_)) => known,
        _ => from.iter().zip(&known).map(|(from, known)| (*from).max(*known)).collect(),
    };
    by.iter().map(is_there).map(Some).collect()
}

/// The sources of a folder, those rows changed that are dated.
pub fn changed(
    sources: &[Dated],
    from: &Path,
    change: impl Fn(&Dated, RecordBatch) -> RecordBatch,
) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::os::unix::fs::symlink(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    for source in sources {
        let Some(all) = read(from, &source.path) else { continue };
        replace(to.path(), source.path.trim_end_matches('/'), &change(source, all));
    }
    to
}

/// Which rows of a source a day may not know yet. As happened all loads tell of it: a load of later reaches earlier days as
/// well, and says that what is there of them is all there is.
pub fn later(source: &Dated, rows: &RecordBatch, day: NaiveDate, reading: Reading) -> Vec<bool> {
    if source.name == LOADS && reading == Reading::AsHappened {
        return vec![false; rows.num_rows()];
    }
    until(rows, &source.time, day, reading).iter().map(|is_there| is_there != Some(true)).collect()
}
