//! The rows that `src/project/sources.md` shows of each kind, and what it says of them.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Date32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use chrono::{NaiveDate, NaiveDateTime};
use halescore::engine::sources::Reading;
use halescore::read::Days;

use crate::bad_input::world::write_parquet_with;
use crate::question::answer;

/// The rows of a kind as the page has them: the names of columns, and of each row their values.
struct Example {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Example {
    /// The table under the heading of a kind, without the rows that say that something is not there, and without what each
    /// row is.
    fn of(kind: &str) -> Self {
        let page = include_str!("../../src/project/sources.md");
        let lines = page.lines().skip_while(|line| !line.starts_with(&format!("**{kind}**")));
        let mut lines =
            lines.skip_while(|line| !line.starts_with("| row |")).take_while(|line| line.starts_with('|'));
        let cells = |line: &str| -> Vec<String> {
            let inner = line.trim().strip_prefix('|').unwrap().strip_suffix('|').unwrap();
            inner.split('|').map(|cell| cell.trim().to_owned()).collect()
        };
        let columns = cells(lines.next().unwrap());
        let columns = columns[1..columns.len() - 1].to_vec();
        let rows = lines.skip(1).map(cells).filter(|row| !row[0].is_empty());
        Self { rows: rows.map(|row| row[1..=columns.len()].to_vec()).collect(), columns }
    }

    /// A column of the rows; times say no year.
    fn column(&self, at: usize, sql: &str) -> ArrayRef {
        let values = self.rows.iter().map(|row| Some(row[at].as_str()).filter(|value| *value != "NULL"));
        match sql {
            "BIGINT" => Arc::new(
                values.map(|value| value.map(|value| value.parse().unwrap())).collect::<Int64Array>(),
            ),
            "DATE" => Arc::new(
                values
                    .map(|value| value.map(|value| Date32Type::from_naive_date(time(value).date())))
                    .collect::<Date32Array>(),
            ),
            "TIMESTAMP" => {
                let micros = values.map(|value| value.map(|value| time(value).and_utc().timestamp_micros()));
                Arc::new(micros.collect::<TimestampMicrosecondArray>())
            }
            _ => Arc::new(values.collect::<StringArray>()),
        }
    }

    /// A project over the rows. `types` are those of the columns; those that may not be NULL end with `!`.
    fn project(&self, types: &[&str], options: &str) -> tempfile::TempDir {
        let project = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = project.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("hale.yml", "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n");
        let declared = self
            .columns
            .iter()
            .zip(types)
            .map(|(name, sql)| format!("{name} {}", sql.replace('!', " NOT NULL")));
        let declared = declared.collect::<Vec<_>>().join(", ");
        write(
            "sql/raw/x.sql",
            &format!(
                "CREATE EXTERNAL TABLE raw.x ({declared}) STORED AS PARQUET LOCATION 'x.parquet' OPTIONS ({options})"
            ),
        );
        let columns = self.columns.iter().zip(types).enumerate();
        let columns: Vec<(&str, ArrayRef)> = columns
            .map(|(at, (name, sql))| (name.as_str(), self.column(at, sql.trim_end_matches('!'))))
            .collect();
        write_parquet_with(&project.path().join("data/x.parquet"), &columns, None);
        project
    }
}

/// `03-01`, `03-01 10:00`, or `03-02, later`, of 2026.
fn time(text: &str) -> NaiveDateTime {
    let (day, hour) = text.split_once([' ', ',']).unwrap_or((text, ""));
    let day: NaiveDate = format!("2026-{day}").parse().unwrap_or_else(|_| panic!("no day: {text}"));
    let hour = match hour.trim() {
        "" => "06:00".to_owned(),
        "later" => "18:00".to_owned(),
        hour => hour.to_owned(),
    };
    day.and_time(format!("{hour}:00").parse().unwrap())
}

/// What the dated relation says on a day in a reading: each thing with its value, as texts.
fn on(project: &tempfile::TempDir, value: &str, day: &str, reading: Reading) -> Vec<(String, String)> {
    let day: NaiveDate = format!("2026-{day}").parse().unwrap();
    let dates = if value == "seconds" {
        format!("day = DATE '{day}'")
    } else {
        format!("first_day <= DATE '{day}' AND (day_after IS NULL OR DATE '{day}' < day_after)")
    };
    let key = if value == "seconds" { "event_id" } else { "account_id" };
    let query = format!(
        "SELECT CAST({key} AS VARCHAR), CAST({value} AS VARCHAR) FROM dated.x WHERE {dates} ORDER BY 1, 2"
    );
    let answered = answer(project.path(), &query, Days::Until(day), reading);
    let text = |column: &ArrayRef, row: usize| {
        let column = cast(column, &DataType::Utf8).unwrap();
        column.as_string::<i32>().value(row).to_owned()
    };
    let rows = answered.iter().flat_map(|batch| {
        (0..batch.num_rows())
            .map(|row| (text(batch.column(0), row), text(batch.column(1), row)))
            .collect::<Vec<_>>()
    });
    rows.collect()
}

/// Holds what is said of days against them: the day, and what each thing is.
#[track_caller]
fn must_be(project: &tempfile::TempDir, value: &str, reading: Reading, days: &[(&str, &[(&str, &str)])]) {
    for (day, expected) in days {
        let expected: Vec<(String, String)> =
            expected.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect();
        assert_eq!(on(project, value, day, reading), expected, "{reading:?} on {day}");
    }
}

#[test]
fn events_are_what_their_rows_are_said_to_be() {
    let example = Example::of("events");
    assert_eq!(example.rows.len(), 4);
    let project = example.project(
        &["BIGINT!", "BIGINT", "TIMESTAMP!", "TIMESTAMP!"],
        "'kind' 'events', 'key' 'event_id', 'happened_at' 'occurred_at', 'known_at' 'available_at'",
    );
    // On 03-01 it is 90, and another delivery with a later day moves nothing; the late row counts on its day.
    let happened: [(&str, &[(&str, &str)]); 3] =
        [("03-01", &[("7", "90")]), ("03-02", &[("8", "30")]), ("03-05", &[])];
    must_be(&project, "seconds", Reading::AsHappened, &happened);
    // As known until 03-03 it is 60: what a later day says of 03-01.
    for (known, seconds) in [("03-01", "60"), ("03-03", "60"), ("03-04", "90"), ("03-09", "90")] {
        assert_eq!(
            as_known(&project, "03-01", known),
            [("7".to_owned(), seconds.to_owned())],
            "known by {known}"
        );
    }
    for (known, is_there) in [("03-08", false), ("03-09", true)] {
        assert_eq!(as_known(&project, "03-02", known).len(), usize::from(is_there), "known by {known}");
    }
}

/// What was known by a day of an earlier one.
fn as_known(project: &tempfile::TempDir, of: &str, by: &str) -> Vec<(String, String)> {
    let by: NaiveDate = format!("2026-{by}").parse().unwrap();
    let query = format!("SELECT event_id, seconds FROM dated.x WHERE day = DATE '2026-{of}'");
    let answered = answer(project.path(), &query, Days::Until(by), Reading::AsKnown);
    let rows = answered.iter().flat_map(|batch| {
        let [ids, seconds] = [0, 1].map(|column| cast(batch.column(column), &DataType::Int64).unwrap());
        let of_row = |row: usize| {
            let [id, seconds] =
                [&ids, &seconds].map(|column| column.as_primitive::<Int64Type>().value(row).to_string());
            (id, seconds)
        };
        (0..batch.num_rows()).map(of_row).collect::<Vec<_>>()
    });
    rows.collect()
}

#[test]
fn versions_are_what_their_rows_are_said_to_be() {
    let example = Example::of("versions");
    assert_eq!(example.rows.len(), 5);
    let project = example.project(
        &["VARCHAR!", "VARCHAR!", "TIMESTAMP", "TIMESTAMP!"],
        "'kind' 'versions', 'key' 'account_id', 'valid_from' 'valid_from', 'known_at' 'recorded_at', \
         'before_first' 'approximate_if_undated'",
    );
    let happened: [(&str, &[(&str, &str)]); 5] = [
        ("01-01", &[("a", "SMB"), ("b", "SMB")]),
        ("01-31", &[("a", "SMB"), ("b", "SMB")]),
        ("02-01", &[("a", "ENT"), ("b", "SMB")]),
        ("08-31", &[("a", "ENT"), ("b", "SMB")]),
        ("09-01", &[("a", "MM"), ("b", "SMB")]),
    ];
    must_be(&project, "segment", Reading::AsHappened, &happened);
    let known: [(&str, &[(&str, &str)]); 7] = [
        ("02-10", &[("a", "SMB")]),
        ("02-11", &[("a", "MM")]),
        ("03-31", &[("a", "MM")]),
        ("05-31", &[("a", "MM"), ("b", "SMB")]),
        ("06-01", &[("a", "ENT"), ("b", "SMB")]),
        ("08-31", &[("a", "ENT"), ("b", "SMB")]),
        ("09-01", &[("a", "MM"), ("b", "SMB")]),
    ];
    must_be(&project, "segment", Reading::AsKnown, &known);
    let query = "SELECT DISTINCT approximate_until FROM dated.x WHERE account_id = 'b'";
    let answered = answer(project.path(), query, Days::All, Reading::AsHappened);
    let until = answered[0].column(0).as_primitive::<Date32Type>();
    assert_eq!((until.len(), until.value_as_date(0)), (1, NaiveDate::from_ymd_opt(2026, 4, 1)));
}

#[test]
fn snapshots_are_what_their_rows_are_said_to_be() {
    let example = Example::of("snapshots");
    assert_eq!(example.rows.len(), 4);
    let options = "'kind' 'snapshots', 'key' 'account_id', 'taken_at' 'loaded_at'";
    let types = ["VARCHAR!", "VARCHAR", "TIMESTAMP!"];
    let project = example.project(&types, options);
    let days: [(&str, &[(&str, &str)]); 4] = [
        ("02-28", &[]),
        ("03-01", &[("a", "plus"), ("b", "plus")]),
        // The last load of the day: what was pro in the one before is plus again.
        ("03-02", &[("a", "plus")]),
        ("03-09", &[("a", "plus")]),
    ];
    // Without the load that corrects the day, the change stands.
    let before = Example { rows: example.rows[..3].to_vec(), columns: example.columns };
    let changed: [(&str, &[(&str, &str)]); 2] =
        [("03-01", &[("a", "plus"), ("b", "plus")]), ("03-02", &[("a", "pro")])];
    let before = before.project(&types, options);
    for reading in [Reading::AsHappened, Reading::AsKnown] {
        must_be(&project, "plan", reading, &days);
        must_be(&before, "plan", reading, &changed);
    }
}

#[test]
fn rows_of_now_are_what_they_are_said_to_be() {
    let example = Example::of("current");
    assert_eq!(example.rows.len(), 3);
    let (options, types) = (
        "'kind' 'current', 'key' 'account_id, feature, valid_from', 'begins_at' 'valid_from', 'ends_at' 'valid_to'",
        ["VARCHAR!", "VARCHAR!", "DATE!", "DATE"],
    );
    // The second row stands in the place of the first, and the third is another period.
    let [first, second, third] = [0, 1, 2].map(|row| example.rows[row].clone());
    for (rows, ended) in [(vec![first, third.clone()], false), (vec![second, third], true)] {
        let project = Example { rows, columns: example.columns.clone() }.project(&types, options);
        let there: &[(&str, &str)] = &[("a", "reports")];
        let gone: &[(&str, &str)] = if ended { &[] } else { there };
        for reading in [Reading::AsHappened, Reading::AsKnown] {
            must_be(
                &project,
                "feature",
                reading,
                &[("01-01", there), ("02-28", there), ("03-01", gone), ("05-31", gone)],
            );
            // Two periods at once where the first has no end.
            let of_june = on(&project, "feature", "06-01", reading).len();
            assert_eq!(of_june, if ended { 1 } else { 2 });
        }
    }
}
