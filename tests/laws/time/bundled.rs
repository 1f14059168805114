//! The laws over all tables of the bundled project and the world of the generator: rows of later; rows that were all known on
//! their own day; second deliveries that are equal but for when they were known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::{cast, concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use chrono::NaiveDate;
use halescore::engine::sources::Reading;
use halescore::project::time::{BeforeFirst, Known, Time, Versions};
use tempfile::TempDir;

use super::checks::World;
use super::cut::{Dated, LOADS, changed, dated, days, texts};
use super::tables::{Project, Tables};
use crate::laws::Draw;
use crate::laws::world::before;
use crate::oracle::world::{generated, small};

static PROJECT: LazyLock<Project> = LazyLock::new(|| Project::new(Path::new(env!("CARGO_MANIFEST_DIR"))));
static SOURCES: LazyLock<TempDir> = LazyLock::new(|| generated(&small()));

fn sources() -> Vec<Dated> {
    dated(Path::new(env!("CARGO_MANIFEST_DIR")))
}

/// The day that is looked at.
fn day() -> NaiveDate {
    before(20)
}

/// The last day of a run as happened, which has one more than the day.
fn until() -> NaiveDate {
    before(19)
}

fn over<T>(held: impl FnOnce(&World<'_>) -> T) -> T {
    held(&World { project: &PROJECT, sources: SOURCES.path(), dated: &sources() })
}

/// What the world as it is says of the day as happened: two laws look at that.
static HAPPENED: LazyLock<Tables> =
    LazyLock::new(|| over(|world| world.said(SOURCES.path(), day(), until(), Reading::AsHappened)));

#[track_caller]
fn must_be_of_many(left_out: Result<BTreeSet<String>, String>) {
    let left_out = left_out.unwrap_or_else(|difference| panic!("{difference}"));
    assert!(left_out.len() > 12, "only {left_out:?} have rows of later");
}

#[test]
fn what_happens_later_changes_no_table_of_a_day() {
    must_be_of_many(over(|world| world.later_rows_leave(&HAPPENED, day(), until(), Reading::AsHappened)));
}

#[test]
fn what_is_known_later_changes_no_table_of_a_day_as_known() {
    // As known each day is a run of its own.
    must_be_of_many(over(|world| world.later_rows_change_nothing(day(), day(), Reading::AsKnown)));
}

/// The instants of a column in microseconds of UTC, a day as its first.
fn instants(rows: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    let column = rows.column_by_name(column).unwrap_or_else(|| panic!("no column {column}"));
    let micros = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, None)).unwrap();
    let micros = cast(&micros, &DataType::Int64).unwrap();
    micros.as_primitive::<Int64Type>().iter().collect()
}

/// The rows with other instants in a column.
fn with(rows: &RecordBatch, column: &str, instants: Vec<Option<i64>>) -> RecordBatch {
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns()).map(|(field, old)| -> ArrayRef {
        if field.name() != column {
            return Arc::clone(old);
        }
        let micros =
            cast(&Int64Array::from(instants.clone()), &DataType::Timestamp(TimeUnit::Microsecond, None));
        cast(&micros.unwrap(), field.data_type()).unwrap()
    });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap()
}

/// Some rows, in order.
fn taken(rows: &RecordBatch, places: &[usize]) -> RecordBatch {
    let places: Vec<u32> = places.iter().map(|place| u32::try_from(*place).unwrap()).collect();
    take_record_batch(rows, &UInt32Array::from(places)).unwrap()
}

/// Of rows that say the same in some way the one known last, in the order of the rows.
fn last_known(same: &[Vec<String>], known: &[Option<i64>]) -> Vec<usize> {
    let mut last: BTreeMap<&Vec<String>, usize> = BTreeMap::new();
    for row in 0..same.len() {
        let kept = last.entry(&same[row]).or_insert(row);
        if known[row] > known[*kept] {
            *kept = row;
        }
    }
    let mut kept: Vec<usize> = last.into_values().collect();
    kept.sort_unstable();
    kept
}

/// A time before all that is told of.
const EVER: i64 = 0;

/// The least of all dates of a row but when it was known: a statement that is dated by none of them is about all of them.
fn least_date(rows: &RecordBatch, known_at: &str) -> Vec<Option<i64>> {
    let schema = rows.schema();
    let is_date = |data_type: &DataType| matches!(data_type, DataType::Date32 | DataType::Timestamp(_, _));
    let dates = schema.fields().iter().filter(|field| is_date(field.data_type()) && field.name() != known_at);
    let dates: Vec<Vec<Option<i64>>> = dates.map(|field| instants(rows, field.name())).collect();
    (0..rows.num_rows()).map(|row| dates.iter().filter_map(|date| date[row]).min()).collect()
}

/// From which instant on each row of versions says something of a thing.
fn about(rows: &RecordBatch, versions: &Versions, known_at: &str) -> Vec<Option<i64>> {
    let known = instants(rows, known_at);
    let from: Vec<Vec<Option<i64>>> =
        versions.valid_from.iter().map(|column| instants(rows, column)).collect();
    let begun = versions.begins_at.as_ref().map(|column| instants(rows, column));
    let least = least_date(rows, known_at);
    let undated = versions.before_first != BeforeFirst::Absent;
    let of = |row: usize| {
        let said = from.iter().find_map(|from| from[row]);
        let begun = begun.as_ref().and_then(|begun| begun[row]);
        match (said, begun) {
            (None, _) if undated => Some(EVER),
            (None, None) if versions.valid_from.is_empty() && !versions.version.is_empty() => {
                least[row].min(known[row]).or(known[row])
            }
            (None, None) => known[row],
            (said, begun) => said.into_iter().chain(begun).min(),
        }
    };
    (0..rows.num_rows()).map(of).collect()
}

/// Rows of which each was known on the day that it is about, and no two are of one key and day.
fn on_their_day(source: &Dated, rows: RecordBatch) -> RecordBatch {
    match &source.time {
        Time::Events(events) => {
            let happened = if source.name == LOADS { "loaded_through" } else { &events.happened_at };
            let known_at = events.known.column().unwrap_or(&events.happened_at).clone();
            let known = instants(&rows, &known_at);
            let (keys, days) = (texts(&rows, &events.key), days(&rows, happened));
            let of_day = |row: usize| [keys[row].clone(), vec![format!("{:?}", days[row])]].concat();
            let is_keyless = events.key.is_empty();
            let same: Vec<Vec<String>> = (0..rows.num_rows())
                .map(|row| if is_keyless { vec![row.to_string()] } else { of_day(row) })
                .collect();
            let kept = taken(&rows, &last_known(&same, &known));
            with(&kept, &known_at, instants(&kept, happened))
        }
        Time::Versions(versions) => {
            let Known::At(known_at) = &versions.known else { return rows };
            let (known, about) = (instants(&rows, known_at), about(&rows, versions, known_at));
            let keys = texts(&rows, &versions.key);
            // What is the same in all rows of a thing, and what corrects itself, was as it was known last.
            let is_one = !versions.version.is_empty()
                || (!versions.fixed.is_empty() && versions.valid_from.is_empty());
            let day = |row: usize| about[row].map(|micros| micros.div_euclid(24 * 3_600_000_000));
            let same: Vec<Vec<String>> = (0..rows.num_rows())
                .map(|row| {
                    if is_one {
                        keys[row].clone()
                    } else {
                        [keys[row].clone(), vec![format!("{:?}", day(row))]].concat()
                    }
                })
                .collect();
            let places = last_known(&same, &known);
            let about = places.iter().map(|place| about[*place]).collect();
            with(&taken(&rows, &places), known_at, about)
        }
        Time::Snapshots(_) | Time::Current(_) => rows,
    }
}

#[test]
fn where_all_was_known_on_its_day_the_readings_of_all_tables_are_one() {
    let on_time = changed(&sources(), SOURCES.path(), on_their_day);
    if let Some(difference) = PROJECT.readings_differ(on_time.path(), day()) {
        panic!("{difference}");
    }
}

/// What rows have to have alike to be deliveries of one thing that was said, where another one after the last changes
/// nothing; `None` of those of which it does.
fn said(source: &Dated, rows: &RecordBatch) -> Option<(Vec<Vec<String>>, String)> {
    let known_at = source.time.known()?.column()?.clone();
    let columns = match &source.time {
        Time::Events(events) if events.key.is_empty() => return None,
        Time::Events(events) => {
            let (keys, days) = (texts(rows, &events.key), days(rows, &events.happened_at));
            let same = keys.into_iter().zip(days).map(|(key, day)| [key, vec![format!("{day:?}")]].concat());
            return Some((same.collect(), known_at));
        }
        // The newest row of a thing is the last word on what is the same in all of them.
        Time::Versions(versions) if !versions.fixed.is_empty() => versions.key.clone(),
        Time::Versions(versions) if !versions.version.is_empty() => {
            [versions.key.clone(), versions.version.clone()].concat()
        }
        Time::Versions(versions) => {
            let from = versions.valid_from.iter().map(|column| instants(rows, column)).collect::<Vec<_>>();
            let same = texts(rows, &versions.key).into_iter().enumerate().map(|(row, key)| {
                let from = from.iter().find_map(|from| from[row]);
                // Without a time from which it holds only the newest of all can come again.
                if from.is_some() { [key, vec![format!("{from:?}")]].concat() } else { key }
            });
            return Some((same.collect(), known_at));
        }
        Time::Snapshots(_) | Time::Current(_) => return None,
    };
    Some((texts(rows, &columns), known_at))
}

/// The rows with some of them once more, known after all others.
fn once_more(
    source: &Dated,
    rows: RecordBatch,
    draw: &mut Draw,
    again: &mut BTreeMap<String, usize>,
) -> RecordBatch {
    let Some((same, known_at)) = said(source, &rows) else { return rows };
    let known = instants(&rows, &known_at);
    let newest = known.iter().copied().max().flatten().unwrap() + 3_600_000_000;
    let is_alone = |row: &usize| {
        let alike =
            (0..same.len()).filter(|other| same[*other] == same[*row] && known[*other] == known[*row]);
        alike.count() == 1
    };
    let mut places = last_known(&same, &known);
    places.retain(|row| draw.below(8) == 0 && is_alone(row));
    places.truncate(200);
    again.insert(source.name.clone(), places.len());
    let more = taken(&rows, &places);
    let more = with(&more, &known_at, vec![Some(newest); more.num_rows()]);
    concat_batches(&rows.schema(), [&rows, &more]).unwrap()
}

#[test]
fn second_deliveries_that_are_known_later_change_no_table_of_a_day() {
    let (draw, again) = (std::cell::RefCell::new(Draw(5)), std::cell::RefCell::new(BTreeMap::new()));
    let twice = changed(&sources(), SOURCES.path(), |source, rows| {
        once_more(source, rows, &mut draw.borrow_mut(), &mut again.borrow_mut())
    });
    let again = again.into_inner();
    let some = again.values().filter(|rows| **rows > 0).count();
    assert!(some > 14 && again.values().sum::<usize>() > 500, "{again:?}");
    let told = over(|world| world.said(twice.path(), day(), until(), Reading::AsHappened));
    if let Some(difference) = HAPPENED.difference(&told) {
        panic!("{difference}");
    }
}
