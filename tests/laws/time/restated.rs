//! A correction changes no day before it in any table of the bundled project, and none after its span and the look-back.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, Date32Array, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::{cast, concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use chrono::{Days, NaiveDate, NaiveTime};
use halescore::engine::sources::Reading;
use tempfile::TempDir;

use super::blame::{Place, Rows};
use super::cut::{Dated, changed, dated, days};
use super::tables::{Difference, Project, Tables};
use crate::laws::sources::read;
use crate::laws::world::{END, before};
use crate::oracle::project_with;
use crate::oracle::world::{at, generated, small};

static BUNDLED: LazyLock<Project> = LazyLock::new(|| Project::new(Path::new(env!("CARGO_MANIFEST_DIR"))));
static SOURCES: LazyLock<TempDir> = LazyLock::new(|| generated(&small()));
static DATED: LazyLock<Vec<Dated>> = LazyLock::new(|| dated(Path::new(env!("CARGO_MANIFEST_DIR"))));

/// The day that the corrections are about, or from which on what they say holds.
fn corrected() -> NaiveDate {
    before(100)
}

/// The longest window over events, and over tickets by the day of their opening.
const LOOK_BACK: u64 = 90;

/// Tables that read nothing without a bound of what is corrected for a while.
const BOUNDED: [&str; 3] = ["metrics.kpis", "metrics.support", "metrics.usage"];

/// Of each correction the source, and a table that tells of it on its day.
const CORRECTIONS: [(&str, &str); 3] =
    [("events", "metrics.usage"), ("tickets", "metrics.support"), ("contracts", "metrics.contracts")];

fn texts(rows: &RecordBatch, column: &str) -> Vec<Option<String>> {
    let texts = cast(rows.column_by_name(column).unwrap(), &DataType::Utf8).unwrap();
    texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

fn numbers(rows: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    let numbers = cast(rows.column_by_name(column).unwrap(), &DataType::Int64).unwrap();
    numbers.as_primitive::<Int64Type>().iter().collect()
}

/// Rows, and one of them once more with other values.
fn with(rows: &RecordBatch, of: usize, values: &[(&str, ArrayRef)]) -> RecordBatch {
    let row = take_record_batch(rows, &UInt32Array::from(vec![u32::try_from(of).unwrap()])).unwrap();
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(row.columns()).map(|(field, old)| {
        let new = values.iter().find(|(name, _)| name == field.name()).map_or(old, |(_, value)| value);
        cast(new, field.data_type()).unwrap()
    });
    let row = RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap();
    concat_batches(&schema, [rows, &row]).unwrap()
}

fn noon(day: NaiveDate) -> ArrayRef {
    Arc::new(Int64Array::from(vec![at(day, NaiveTime::from_hms_opt(12, 0, 0).unwrap())]))
}

/// The newest version of a line of a contract, of long before the day, that goes on after the last one; and a login of its account on
/// the day.
fn line_and_login(contracts: &RecordBatch, events: &RecordBatch) -> (usize, usize) {
    let day = i64::from(corrected().to_epoch_days());
    let (lines, accounts) = (texts(contracts, "line_id"), texts(contracts, "account_id"));
    let (from, ends) = (days(contracts, "valid_from"), days(contracts, "end_date"));
    let status = texts(contracts, "status");
    let stands = |row: &usize| {
        (0..lines.len()).all(|other| lines[other] != lines[*row] || from[other] <= from[*row])
            && status[*row].as_deref() == Some("active")
            && from[*row].is_some_and(|from| from < day - 3)
            && ends[*row].is_some_and(|end| end > i64::from(END.to_epoch_days()))
    };
    let (of, names, on) =
        (texts(events, "account_id"), texts(events, "event_name"), days(events, "occurred_at"));
    let login = |line: usize| {
        let is_login = |row: &usize| {
            of[*row] == accounts[line] && names[*row].as_deref() == Some("login") && on[*row] == Some(day)
        };
        (0..of.len()).find(is_login).map(|login| (line, login))
    };
    (0..lines.len()).filter(stands).find_map(login).expect("an account that goes on and uses the product")
}

/// A ticket opened some days before the day and closed long before the last one, which is not severe.
fn ticket(tickets: &RecordBatch, moves: &RecordBatch) -> usize {
    let day = i64::from(corrected().to_epoch_days());
    let (ids, severity, opened) =
        (texts(tickets, "ticket_id"), numbers(tickets, "severity"), days(tickets, "created_at"));
    let (moved, status, on) =
        (texts(moves, "ticket_id"), texts(moves, "to_status"), days(moves, "occurred_at"));
    let is_closed = |id: &Option<String>| {
        (0..moved.len()).any(|row| {
            moved[row] == *id && status[row].as_deref() == Some("closed") && on[row] < Some(day + 60)
        })
    };
    let found = (0..ids.len()).find(|row| {
        ids.iter().filter(|id| **id == ids[*row]).count() == 1
            && severity[*row] >= Some(3)
            && opened[*row].is_some_and(|opened| (day - 17..day - 1).contains(&opened))
            && is_closed(&ids[*row])
    });
    found.expect("a ticket that is closed")
}

/// The sources with an event that was delivered late, a ticket that had become severe, and a line of a contract that was
/// dated anew, all of one day; and the rows that say so.
fn sources_corrected() -> (TempDir, Vec<Place>) {
    let (sources, day) = (SOURCES.path(), corrected());
    let rows =
        |name: &str| read(sources, &DATED.iter().find(|source| source.name == name).unwrap().path).unwrap();
    let places = CORRECTIONS.map(|(name, _)| Place { source: name.to_owned(), row: rows(name).num_rows() });
    let (line, login) = line_and_login(&rows("contracts"), &rows("events"));
    let ticket = ticket(&rows("tickets"), &rows("ticket_events"));
    let one = |number: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![number])) };
    let folder = changed(&DATED, sources, |source, rows| match source.name.as_str() {
        "events" => {
            let values = [("event_id", one(i64::MAX)), ("seconds", one(60)), ("available_at", noon(END))];
            with(&rows, login, &values)
        }
        "tickets" => with(&rows, ticket, &[("severity", one(1)), ("available_at", noon(day))]),
        "contracts" => {
            let until = END + Days::new(400);
            let until: ArrayRef = Arc::new(Date32Array::from(vec![Date32Type::from_naive_date(until)]));
            let dates = [("end_date", Arc::clone(&until)), ("renewal_date", until)];
            let said = [("valid_from", noon(day)), ("recorded_at", noon(END))];
            with(&rows, line, &[dates, said].concat())
        }
        _ => rows,
    });
    (folder, places.to_vec())
}

/// What is told of some days around the day of the corrections, and of some after the longest window that has it.
struct Told {
    around: Tables,
    after: Tables,
}

impl Told {
    fn of(project: &Project, sources: &Path) -> Self {
        let tables = |days: RangeInclusive<NaiveDate>| project.tables(sources, days, Reading::AsHappened);
        let last = corrected() + Days::new(LOOK_BACK - 1);
        Self {
            around: tables(corrected() - Days::new(2)..=corrected()).by_day(),
            after: tables(last..=last + Days::new(2)).by_day(),
        }
    }

    /// The first value of a day before the corrections that differs, or of one that looks back to none of them.
    fn difference(&self, other: &Self) -> Option<Difference> {
        let early = |told: &Self| told.around.clone().of(|day| day < corrected(), END);
        let last = corrected() + Days::new(LOOK_BACK - 1);
        let late = |told: &Self| told.after.clone().only(&BOUNDED).of(|day| day > last, END);
        early(self).difference(&early(other)).or_else(|| late(self).difference(&late(other)))
    }
}

/// What a project says of the days without some corrections, and with them.
///
/// # Errors
/// The first value that a correction changes where it may not, with the correction.
fn changed_only_there(project: &Project, folder: &TempDir, places: &[Place]) -> Result<(Told, Told), String> {
    let rows = Rows::new(folder.path(), &DATED);
    let once = rows.without(places).expect("each source has rows that are no corrections");
    let [before, after] = [once.path(), folder.path()].map(|sources| Told::of(project, sources));
    if before.difference(&after).is_some() {
        rows.held(places.to_vec(), |kept| {
            let left_out: Vec<Place> = places.iter().filter(|place| !kept.contains(place)).cloned().collect();
            before.difference(&Told::of(project, rows.without(&left_out)?.path()))
        })?;
    }
    Ok((before, after))
}

#[test]
fn corrections_change_no_day_before_them_and_none_that_looks_back_to_none() {
    let (folder, places) = sources_corrected();
    let held = changed_only_there(&BUNDLED, &folder, &places);
    let (before, after) = held.unwrap_or_else(|broken| panic!("{broken}"));
    // On its day each of them is told, and a login on the last day whose windows have it.
    let last = corrected() + Days::new(LOOK_BACK - 1);
    let differ = |table: &str, day: NaiveDate, of: fn(&Told) -> &Tables| {
        let [before, after] =
            [&before, &after].map(|told| of(told).clone().only(&[table]).of(|on| on == day, END));
        before.difference(&after).is_some()
    };
    let told: BTreeSet<&str> = CORRECTIONS
        .into_iter()
        .filter_map(|(source, table)| differ(table, corrected(), |told| &told.around).then_some(source))
        .collect();
    assert_eq!(told.len(), CORRECTIONS.len(), "only {told:?} are told");
    assert!(differ("metrics.usage", last, |told| &told.after), "the login is forgotten");
}

/// The law is seen to fail: on a project that counts what happened on the day before, and on one that looks back for longer.
#[test]
fn a_correction_that_is_told_on_other_days_is_named_with_table_row_and_column() {
    let (folder, places) = sources_corrected();
    let login: Vec<Place> = places.into_iter().filter(|place| place.source == "events").collect();
    let early = ("sql/staging/events.sql", "is_error, day\n", "is_error, day - 1 AS day\n");
    let long = ("sql/metrics/activity.sql", "INTERVAL '89' DAY", "INTERVAL '99' DAY");
    let late = corrected() + Days::new(LOOK_BACK);
    for (edit, day, says) in [
        (early, corrected() - Days::new(1), [" is ", ", and "]),
        (long, late, ["metrics.usage, account_id ", ": login_trend is "]),
    ] {
        let project = project_with(&[edit]);
        let told = changed_only_there(&Project::new(project.path()), &folder, &login);
        let told = told.err().unwrap_or_else(|| panic!("{} is not seen", edit.2));
        let of_day = format!(", as_of_date {day}");
        let of_login = format!("because of raw.events (event_id {}, ", i64::MAX);
        for part in says.into_iter().chain([of_day.as_str(), &of_login]) {
            assert!(told.contains(part), "{part:?} is not in: {told}");
        }
    }
}
