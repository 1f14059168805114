//! A project of one source with drawn rows, and what its dated relation says on each day.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::NaiveDate;
use halescore::engine::sources::Reading;
use halescore::read::Days;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::bad_input::world::write_parquet_with;
use crate::question::answer;

/// Minutes of a day.
pub const DAY: i64 = 24 * 60;

/// Days on which anything is drawn to happen.
pub const LAST: i64 = 9;

/// A row as it was delivered; times are minutes, days are days, both since the first of January 2026.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: u32,
    pub v: i64,
    pub at: Option<i64>,
    pub known: i64,
    pub until: Option<i64>,
    pub gone: Option<bool>,
    pub begun: Option<i64>,
    pub ver: i64,
}

/// A time on few days and at few hours, so that rows meet.
pub fn minute() -> impl Strategy<Value = i64> {
    (0..=LAST, prop::sample::select(vec![0, 600, DAY - 1])).prop_map(|(day, minute)| day * DAY + minute)
}

pub fn row() -> impl Strategy<Value = Row> {
    let dates = (prop::option::weighted(0.7, minute()), minute());
    let spans = (prop::option::weighted(0.3, 0..=LAST), prop::option::weighted(0.5, 0..=LAST));
    (0_u32..3, 0_i64..3, dates, spans, prop::option::weighted(0.4, any::<bool>()), 0_i64..3).prop_map(
        |(id, v, (at, known), (until, begun), gone, ver)| Row { id, v, at, known, until, gone, begun, ver },
    )
}

/// How the source is declared: the columns that its DDL has, and its options.
#[derive(Debug, Clone)]
pub struct Declared {
    pub columns: Vec<&'static str>,
    pub options: String,
}

/// One line of a dated relation: the thing, its value, its days as numbers since the first of January.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub id: String,
    pub v: i64,
    pub days: Vec<Option<i64>>,
}

impl Line {
    /// Whether the span holds on a day.
    pub fn holds(&self, day: i64) -> bool {
        self.days[0].is_some_and(|first| first <= day) && self.days[1].is_none_or(|after| day < after)
    }
}

/// What each thing is on a day; a thing that is two at once is refused.
pub fn state(lines: &[Line], day: i64) -> BTreeMap<String, i64> {
    let mut found = BTreeMap::new();
    for line in lines.iter().filter(|line| line.holds(day)) {
        assert_eq!(found.insert(line.id.clone(), line.v), None, "two at once on {day}: {lines:?}");
    }
    found
}

pub fn date(day: i64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    first + chrono::TimeDelta::days(day)
}

/// The project in a folder of its own.
pub struct World(TempDir);

impl World {
    /// Rows in files, as they are declared.
    pub fn new(declared: &Declared, files: &[Vec<Row>]) -> Self {
        let world = Self(TempDir::new().unwrap()).in_zone("UTC");
        world.write("sql/raw/x.sql", &ddl(declared));
        for (number, rows) in files.iter().enumerate() {
            let columns: Vec<(&str, ArrayRef)> = COLUMNS.map(|(name, _)| (name, column(name, rows))).to_vec();
            write_parquet_with(&world.0.path().join(format!("data/x/{number}.parquet")), &columns, None);
        }
        world
    }

    /// The folder of the project.
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// The same project, whose days begin and end elsewhere.
    pub fn in_zone(self, zone: &str) -> Self {
        let settings = format!(
            "name: t
time_zone: {zone}
sources: data
out: out
history_starts: 2026-01-01
"
        );
        self.write("hale.yml", &settings);
        self
    }

    /// A file of the project.
    pub fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path().join(path)).unwrap()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The dated relation in a reading up to a day, in order; of all rows without one.
    pub fn lines(&self, days: &[&str], until: Option<(i64, Reading)>) -> Vec<Line> {
        let query = format!("SELECT id, v, {} FROM dated.x", days.join(", "));
        let mut lines: Vec<Line> = self.asked(&query, until).iter().flat_map(lines_of).collect();
        lines.sort();
        lines
    }

    fn asked(&self, query: &str, until: Option<(i64, Reading)>) -> Vec<RecordBatch> {
        let (to, reading) = match until {
            Some((day, reading)) => (Days::Until(date(day)), reading),
            None => (Days::All, Reading::AsHappened),
        };
        answer(self.0.path(), query, to, reading)
    }

    /// The rows of the dated relation as texts of some columns, each with its days.
    pub fn told(&self, columns: &[&str], days: &[&str]) -> Vec<(String, Vec<Option<i64>>)> {
        let list = columns.iter().chain(days).enumerate();
        let list: Vec<String> = list.map(|(at, name)| format!("\"{name}\" AS c{at}")).collect();
        let batches = self.asked(&format!("SELECT {} FROM dated.x", list.join(", ")), None);
        let options = FormatOptions::default().with_null("NULL");
        let of = |batch: &RecordBatch| {
            let shown = |column: &ArrayRef, row: usize| {
                ArrayFormatter::try_new(column.as_ref(), &options).unwrap().value(row).to_string()
            };
            let said = |row: usize| {
                let values = batch.columns()[..columns.len()].iter().map(|column| shown(column, row));
                values.collect::<Vec<_>>().join(" | ")
            };
            let days =
                |row: usize| batch.columns()[columns.len()..].iter().map(|days| day_of(days, row)).collect();
            (0..batch.num_rows()).map(|row| (said(row), days(row))).collect::<Vec<_>>()
        };
        batches.iter().flat_map(of).collect()
    }

    /// The digests of the days in a reading up to a day: how many rows, and the sum of their hashes.
    pub fn digests(&self, until: Option<(i64, Reading)>) -> BTreeMap<i64, (i64, String)> {
        let batches = self.asked("SELECT day, rows, digest FROM digests('x')", until);
        let of = |batch: &RecordBatch| {
            let rows = batch.column(1).as_primitive::<Int64Type>();
            let digests = arrow::compute::cast(batch.column(2), &DataType::Utf8).unwrap();
            let told = |row: usize| {
                let digest = digests.as_string::<i32>().value(row).to_owned();
                (day_of(batch.column(0), row).unwrap(), (rows.value(row), digest))
            };
            (0..batch.num_rows()).map(told).collect::<Vec<_>>()
        };
        batches.iter().flat_map(of).collect()
    }
}

const COLUMNS: [(&str, &str); 8] = [
    ("id", "VARCHAR NOT NULL"),
    ("v", "BIGINT"),
    ("at", "TIMESTAMP"),
    ("known", "TIMESTAMP NOT NULL"),
    ("until", "DATE"),
    ("gone", "BOOLEAN"),
    ("begun", "DATE"),
    ("ver", "BIGINT NOT NULL"),
];

fn ddl(declared: &Declared) -> String {
    let columns = COLUMNS.iter().filter(|(name, _)| declared.columns.contains(name));
    let is_event = declared.options.contains("'happened_at'");
    let columns = columns.map(|(name, kind)| {
        let never_null = if *name == "at" && is_event { " NOT NULL" } else { "" };
        format!("{name} {kind}{never_null}")
    });
    format!(
        "CREATE EXTERNAL TABLE raw.x ({}) STORED AS PARQUET LOCATION 'x' OPTIONS ({})",
        columns.collect::<Vec<_>>().join(", "),
        declared.options
    )
}

fn column(name: &str, rows: &[Row]) -> ArrayRef {
    let first = date(0).signed_duration_since(NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()).num_days();
    let micros = |minute: i64| (first * DAY + minute) * 60_000_000;
    let days = |day: i64| i32::try_from(first + day).unwrap();
    let times = |of: &dyn Fn(&Row) -> Option<i64>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| of(row).map(micros)).collect::<TimestampMicrosecondArray>())
    };
    let dates = |of: &dyn Fn(&Row) -> Option<i64>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| of(row).map(days)).collect::<Date32Array>())
    };
    match name {
        "id" => Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.id.to_string()))),
        "v" => Arc::new(rows.iter().map(|row| Some(row.v)).collect::<Int64Array>()),
        "ver" => Arc::new(rows.iter().map(|row| Some(row.ver)).collect::<Int64Array>()),
        "at" => times(&|row| row.at),
        "known" => times(&|row| Some(row.known)),
        "until" => dates(&|row| row.until),
        "begun" => dates(&|row| row.begun),
        _ => Arc::new(rows.iter().map(|row| row.gone).collect::<BooleanArray>()),
    }
}

fn lines_of(batch: &RecordBatch) -> Vec<Line> {
    let ids = arrow::compute::cast(batch.column(0), &DataType::Utf8).unwrap();
    let (ids, values) = (ids.as_string::<i32>(), batch.column(1).as_primitive::<Int64Type>());
    let of = |row: usize| {
        let days = batch.columns()[2..].iter().map(|days| day_of(days, row));
        Line { id: ids.value(row).to_owned(), v: values.value(row), days: days.collect() }
    };
    (0..batch.num_rows()).map(of).collect()
}

/// A day as its number since the first of January.
fn day_of(days: &ArrayRef, row: usize) -> Option<i64> {
    let days = days.as_primitive::<Date32Type>();
    days.is_valid(row).then(|| days.value_as_date(row).unwrap().signed_duration_since(date(0)).num_days())
}
