//! What a run publishes, row by row and key by key, and where two runs differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use halescore::check::Checked;
use halescore::engine::sources::Reading;
use halescore::project::layer::ModelName;

use crate::oracle::table::{Row, Value, batches, parquet_below, rows};
use crate::pipeline::{Run, checked};

/// Rows by what tells them apart.
type Keyed = BTreeMap<Vec<String>, Row>;

/// All tables of a run, by name.
#[derive(Clone)]
pub struct Tables(BTreeMap<String, Keyed>);

/// A project, checked once for many runs.
pub struct Project {
    folder: PathBuf,
    checked: Arc<Checked>,
}

impl Project {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), checked: checked(folder) }
    }

    /// Columns that are told as approximate on earlier days.
    pub fn of_now(&self) -> BTreeMap<ModelName, BTreeSet<String>> {
        let of_now = self.checked.of_now().into_iter();
        of_now.map(|(model, columns)| (model, columns.into_keys().collect())).collect()
    }

    /// What tells the rows of a table apart.
    fn key(&self, table: &str) -> &[String] {
        let mut models = self.checked.pipeline.models.iter();
        let model = models.find(|model| model.name.to_string() == table);
        &model.unwrap_or_else(|| panic!("no model {table}")).contract.primary_key
    }

    /// In what the two readings of a day differ first.
    pub fn readings_differ(&self, sources: &Path, day: NaiveDate) -> Option<Difference> {
        // As it happened, daily facts are published of the days before as well.
        let read = |reading| self.tables(sources, day..=day, reading).of(|as_of| as_of == day, day);
        read(Reading::AsHappened).difference(&read(Reading::AsKnown))
    }

    /// The tables of some days.
    pub fn tables(&self, sources: &Path, days: RangeInclusive<NaiveDate>, reading: Reading) -> Tables {
        self.some_tables(&[], sources, days, reading)
    }

    /// The tables of some names, or all of them where none is named.
    pub fn some_tables(
        &self,
        names: &[&str],
        sources: &Path,
        days: RangeInclusive<NaiveDate>,
        reading: Reading,
    ) -> Tables {
        let out = tempfile::tempdir().unwrap();
        let run = Run::new(&self.folder, sources, out.path()).reading(reading).checked(&self.checked);
        let run = run.select(names);
        run.publish(days).unwrap_or_else(|error| panic!("{error}"));
        self.published(out.path())
    }

    /// The tables that lie in a folder.
    pub fn published(&self, out: &Path) -> Tables {
        let mut tables = BTreeMap::<String, Keyed>::new();
        for file in parquet_below(out) {
            let place = file.strip_prefix(out).unwrap().to_str().unwrap().to_owned();
            let parts: Vec<&str> = place.split('/').collect();
            let [layer, table, _, ..] = parts.as_slice() else { continue };
            if *layer == "latest" || *layer == "_hale" {
                continue;
            }
            let name = format!("{layer}.{table}");
            let key = self.key(&name);
            let read = batches(&file);
            let keyed = read.iter().flat_map(rows).map(|row| (key_of(&row, key), row));
            tables.entry(name.clone()).or_default().extend(keyed);
        }
        Tables(tables)
    }
}

fn key_of(row: &Row, key: &[String]) -> Vec<String> {
    match key {
        [] => row.iter().map(|(column, value)| told(column, value)).collect(),
        key => key.iter().map(|column| told(column, &row[column])).collect(),
    }
}

fn told(column: &str, value: &Value) -> String {
    format!("{column} {}", Shown(value))
}

struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("NULL"),
            Value::Flag(value) => write!(f, "{value}"),
            Value::Whole(value) => write!(f, "{value}"),
            Value::Real(value) => write!(f, "{value}"),
            Value::Text(value) => f.write_str(value),
            Value::Day(value) => write!(f, "{value}"),
        }
    }
}

impl Tables {
    /// What they say of some days, up to a last one. A table that is stored whole has spans: one that holds from a later
    /// day on is no matter of these days, nor is on which later day another one ends.
    pub fn of(mut self, days: impl Fn(NaiveDate) -> bool, last: NaiveDate) -> Self {
        let day = |row: &Row, column: &str| match row.get(column) {
            Some(Value::Day(day)) => Some(*day),
            _ => None,
        };
        for rows in self.0.values_mut() {
            rows.retain(|_, row| match day(row, "as_of_date") {
                Some(as_of) => as_of <= last && days(as_of),
                None => day(row, "first_day").is_none_or(|first| first <= last),
            });
            for row in rows.values_mut().filter(|row| day(row, "day_after").is_some_and(|after| after > last))
            {
                row.insert("day_after".to_owned(), Value::Null);
            }
        }
        self
    }

    /// Only some of them.
    pub fn only(mut self, names: &[&str]) -> Self {
        self.0.retain(|name, _| names.contains(&name.as_str()));
        self
    }

    /// Only what they say of days; tables of spans are left out.
    pub fn by_day(mut self) -> Self {
        self.0.retain(|_, rows| rows.values().all(|row| row.contains_key("as_of_date")));
        self
    }

    /// The columns that differ anywhere, by table; all of a table of which a row is there once.
    pub fn differing(&self, other: &Self) -> BTreeSet<(String, String)> {
        let names: BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        let none = Keyed::new();
        let mut found = BTreeSet::new();
        for table in names {
            let [one, other] = [self, other].map(|tables| tables.0.get(table).unwrap_or(&none));
            let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
            for key in keys {
                let (one, other) = (one.get(key), other.get(key));
                let columns = one.or(other).into_iter().flat_map(Row::keys);
                let value = |row: Option<&Row>, column: &str| row.and_then(|row| row.get(column)).cloned();
                let differs = columns.filter(|column| value(one, column) != value(other, column));
                found.extend(differs.map(|column| (table.clone(), column.clone())));
            }
        }
        found
    }

    /// The days of which anything differs.
    pub fn days_that_differ(&self, other: &Self) -> BTreeSet<NaiveDate> {
        let all = |tables: &Self| {
            tables
                .0
                .iter()
                .flat_map(|(table, rows)| {
                    rows.values()
                        .map(|row| format!("{table} {row:?}"))
                        .zip(rows.values().cloned())
                        .collect::<Vec<_>>()
                })
                .collect::<BTreeMap<String, Row>>()
        };
        let (one, other) = (all(self), all(other));
        let alone = one.iter().filter(|(told, _)| !other.contains_key(*told));
        let alone = alone.chain(other.iter().filter(|(told, _)| !one.contains_key(*told)));
        alone
            .filter_map(|(_, row)| match row.get("as_of_date") {
                Some(Value::Day(day)) => Some(*day),
                _ => None,
            })
            .collect()
    }

    /// The first value that differs.
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        let names: BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        let none = Keyed::new();
        names.into_iter().find_map(|table| {
            let [one, other] = [self, other].map(|tables| tables.0.get(table).unwrap_or(&none));
            let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
            keys.into_iter().find_map(|key| {
                let what = between(one.get(key), other.get(key))?;
                Some(Difference { table: table.clone(), row: key.join(", "), what })
            })
        })
    }
}

/// A value that differs, or a row that is there once.
pub struct Difference {
    table: String,
    row: String,
    what: String,
}

fn between(one: Option<&Row>, other: Option<&Row>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => one.iter().find_map(|(column, value)| {
            let differs = other.get(column) != Some(value);
            let instead = other.get(column).unwrap_or(&Value::Null);
            differs.then(|| format!("{column} is {}, and {}", Shown(value), Shown(instead)))
        }),
        (Some(_), None) => Some("the row is there, and is not".to_owned()),
        (None, Some(_)) => Some("the row is not there, and is".to_owned()),
        (None, None) => None,
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, row, what } = self;
        write!(f, "{table}, {row}: {what}")
    }
}
