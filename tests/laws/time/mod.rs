//! What a day may know: rows of later change nothing of it, as happened and as known; and where all was known on its day
//! the two readings are one. Over all tables of the bundled project, and over projects by chance.

mod cut; // which rows of a source a day may know
mod drawn; // projects of six models over two sources, and rows of them

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;
use halescore::engine::sources::Reading;

use super::world::before;
use crate::oracle::table::{Row, Value, batches, parquet_below, rows};
use crate::oracle::world::{generated, small};
use crate::pipeline::Run;
use cut::{changed, cut, dated};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

type Tables = BTreeMap<String, Vec<Row>>;

/// All tables of a day: what they say of it.
fn tables(project: &Path, sources: &Path, day: NaiveDate, reading: Reading) -> Tables {
    let out = tempfile::tempdir().unwrap();
    let run = Run::new(project, sources, out.path()).reading(reading);
    run.publish(day..=day).unwrap_or_else(|error| panic!("{error}"));
    let mut tables = Tables::new();
    for file in parquet_below(out.path()) {
        let name = file.strip_prefix(out.path()).unwrap().display().to_string();
        if !name.starts_with("latest") && !name.starts_with("_hale") {
            tables.entry(name).or_default().extend(batches(&file).iter().flat_map(rows));
        }
    }
    for (_, rows) in tables.iter_mut().filter(|(name, _)| !name.contains("as_of=")) {
        until(rows, day);
    }
    tables
}

/// What a table that is stored whole says of the days up to one. A span that holds from a later day on is no matter of
/// this day, nor is on which later day another one ends.
fn until(rows: &mut Vec<Row>, day: NaiveDate) {
    let is_later =
        |row: &Row, column: &str| matches!(row.get(column), Some(Value::Day(named)) if *named > day);
    rows.retain(|row| !is_later(row, "first_day") && !is_later(row, "as_of_date"));
    for row in rows.iter_mut().filter(|row| is_later(row, "day_after")) {
        row.insert("day_after".to_owned(), Value::Null);
    }
}

/// The first value that differs: of which table, row and column.
fn difference(got: &Tables, expected: &Tables) -> Option<String> {
    let names: BTreeSet<_> = got.keys().chain(expected.keys()).collect();
    names.into_iter().find_map(|name| {
        let (Some(got), Some(expected)) = (got.get(name), expected.get(name)) else {
            return Some(format!("{name} is there once"));
        };
        if got.len() != expected.len() {
            return Some(format!("{name} has {} rows and {} rows", got.len(), expected.len()));
        }
        got.iter().zip(expected).find_map(|(got, expected)| {
            let differs = |(column, value): &(&String, &Value)| expected.get(*column) != Some(*value);
            let (column, value) = got.iter().find(differs)?;
            Some(format!("{name}: {column} is {value:?} and {:?} in {got:?}", expected.get(column)))
        })
    })
}

/// Whose rows of later make the difference: each source cut alone.
fn blame(project: &Path, sources: &Path, day: NaiveDate, reading: Reading, whole: &Tables) -> String {
    let is_blamed = |name: &String| {
        let cut = changed(project, sources, |source, rows| match source.name == *name {
            true => cut(source, &rows, day, reading),
            false => rows,
        });
        difference(&tables(project, cut.path(), day, reading), whole).is_some()
    };
    let names: Vec<String> = dated(project).into_iter().map(|source| source.name).collect();
    names.into_iter().filter(is_blamed).collect::<Vec<_>>().join(", ")
}

/// Rows of later change no table of a day. Gives the sources that have such rows.
fn later_rows_change_nothing(
    project: &Path,
    sources: &Path,
    day: NaiveDate,
    reading: Reading,
) -> Result<BTreeSet<String>, String> {
    let left_out = std::cell::RefCell::new(BTreeSet::new());
    let earlier = changed(project, sources, |source, rows| {
        let kept = cut(source, &rows, day, reading);
        if kept.num_rows() < rows.num_rows() {
            left_out.borrow_mut().insert(source.name.clone());
        }
        kept
    });
    let [whole, earlier] = [sources, earlier.path()].map(|sources| tables(project, sources, day, reading));
    match difference(&earlier, &whole) {
        Some(difference) => Err(format!(
            "{difference}; the rows of later are of {}",
            blame(project, sources, day, reading, &whole)
        )),
        None => Ok(left_out.into_inner()),
    }
}

fn in_the_bundled_project(reading: Reading) {
    let (sources, day) = (generated(&small()), before(20));
    let left_out = later_rows_change_nothing(root(), sources.path(), day, reading);
    let left_out = left_out.unwrap_or_else(|difference| panic!("{difference}"));
    assert!(left_out.len() > 12, "only {left_out:?} have rows of later");
}

#[test]
fn what_happens_later_changes_no_table_of_a_day() {
    in_the_bundled_project(Reading::AsHappened);
}

#[test]
fn what_is_known_later_changes_no_table_of_a_day_as_known() {
    in_the_bundled_project(Reading::AsKnown);
}

/// Projects by chance; those that failed once are kept as seeds of their own.
const DRAWN: u64 = 20;

#[test]
fn rows_of_later_change_no_table_of_projects_by_chance() {
    let mut left_out = 0;
    for seed in 0..DRAWN {
        let project = tempfile::tempdir().unwrap();
        drawn::project(seed, drawn::Rows::AsTheyCome, project.path());
        let sources = project.path().join("data");
        for reading in [Reading::AsHappened, Reading::AsKnown] {
            let sources = later_rows_change_nothing(project.path(), &sources, drawn::DAY, reading)
                .unwrap_or_else(|difference| panic!("seed {seed}, {reading:?}: {difference}"));
            left_out += sources.len();
        }
    }
    assert!(left_out > 50, "only {left_out} sources have rows of later");
}

#[test]
fn the_readings_are_one_where_all_was_known_on_its_day() {
    for seed in 0..DRAWN {
        let project = tempfile::tempdir().unwrap();
        drawn::project(seed, drawn::Rows::OnTheirDay, project.path());
        let sources = project.path().join("data");
        let [happened, known] = [Reading::AsHappened, Reading::AsKnown]
            .map(|reading| tables(project.path(), &sources, drawn::DAY, reading));
        let difference = difference(&known, &happened);
        assert!(difference.is_none(), "seed {seed}: {}", difference.unwrap());
    }
}
