//! The dated relation of a source: its rows, deduplicated, with the days on which they count. `dated.x` is a view over
//! `raw.x`, written as plain SQL from what the source declares about time; it is the one place where rows are dated.
//!
//! | kind | which rows stand | their days |
//! | --- | --- | --- |
//! | `events` | of the deliveries of a key those of its earliest day, of these the one known last | `day` |
//! | `versions` | of the rows of a statement the one known last; of the statements of a day the last; none alike the one before | `first_day` up to the day before `day_after` |
//! | `snapshots` | the last load of a day, all there is; rows that the next load has alike are one | as above |
//! | `current` | one row of each key; one that ended before it began holds on no day | as above |
//!
//! Columns of `versions` that are `fixed` do not change over time: another value of one is a correction of all versions. A
//! deletion of a statement that had been made is a correction as well, that it never was; one that is all that is said of a
//! statement is a version by itself: it ends the one before, and is left out.
//!
//! `day_after` is NULL while a row still counts. Ties are decided by the columns in the order of their names. Names that
//! begin with `_` are the query's own.

use arrow::datatypes::DataType;
use chrono::NaiveDate;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use crate::diagnostic::{Diagnostic, Diagnostics, Origin, SourceFile};
use crate::project::identifier::identifier;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model};
use crate::project::settings::Settings;
use crate::project::statement::{parse_model, place_of};
use crate::project::time::{BeforeFirst, Current, Events, Known, Snapshots, Time, Versions};

/// From when something counts that was always there.
const ALWAYS: &str = "DATE '0001-01-01'";

/// When the first row of a statement was known.
const FIRST_KNOWN: &str = "_first_known";

/// The rows of a source with the columns that do not change over time as they were known last.
const FIXED: &str = "fixed";

/// The dated relations of the sources.
///
/// # Errors
/// What the parser says of the SQL that was written.
pub(super) fn relations(models: &[Model], settings: &Settings) -> Result<Vec<Model>, Diagnostics> {
    let (mut found, mut problems) = (Vec::new(), Diagnostics::new());
    for model in models {
        let Kind::Source(source) = &model.kind else { continue };
        match (Relation { model }).view(&source.time, settings.complete_from(&model.name)) {
            Ok(view) => found.push(view),
            Err(faults) => problems.extend(faults),
        }
    }
    if problems.has_errors() { Err(problems) } else { Ok(found) }
}

/// The relation of one source.
struct Relation<'a> {
    model: &'a Model,
}

impl Relation<'_> {
    fn view(&self, time: &Time, complete_from: Option<NaiveDate>) -> Result<Model, Diagnostics> {
        let name = ModelName::new(Layer::Dated, self.model.name.table.clone());
        let query = written(time, &self.values(time)).map_err(|error| {
            Diagnostic::error("dated-relation", format!("{name} cannot be written: {error}"))
        })?;
        let means = time.means(complete_from);
        let sql = format!("-- {}: {means}.\nCREATE VIEW {name} AS\n{query}\n", self.model.name);
        let origin = Origin { sql: 0..sql.len(), yaml: place_of(&self.model.file, "kind") };
        let file = SourceFile::new(format!("{}/{}.sql", name.layer, name.table), sql);
        Ok(Model { origins: vec![origin], ..parse_model(name, &file)? })
    }

    /// What the template of a kind is filled with.
    fn values(&self, time: &Time) -> Value {
        let all: Vec<String> = self.names().iter().map(|name| identifier(name)).collect();
        let common = context! {
            raw => self.model.name.to_string(),
            all => all,
            columns => all.join(", "),
            key => list(time.key()),
            ties => self.ties(time.key()),
        };
        let of_kind = match time {
            Time::Events(events) => self.events(events),
            Time::Versions(versions) => self.versions(versions),
            Time::Snapshots(snapshots) => self.snapshots(snapshots),
            Time::Current(current) => self.current(current),
        };
        context! { ..common, ..of_kind }
    }

    fn events(&self, events: &Events) -> Value {
        let mut others = self.names();
        others.retain(|name| name != "day");
        context! {
            others => list(&others),
            day => self.day(&events.happened_at),
            known_last => known_last(&events.known),
            max_delay => events.max_delay,
        }
    }

    fn versions(&self, versions: &Versions) -> Value {
        let known = versions.known.column();
        let version = (!versions.version.is_empty() && known.is_some()).then(|| list(&versions.version));
        // A statement that is delivered again was known before: it holds from then, where it does not say from when.
        let known_from =
            known.filter(|_| version.is_some()).map_or(known.cloned(), |_| Some(FIRST_KNOWN.to_owned()));
        let dating: Vec<&String> = versions.valid_from.iter().chain(&known_from).collect();
        let day = |name: &str| match known {
            Some(known) if name == FIRST_KNOWN => self.day_of(known, FIRST_KNOWN),
            _ => self.day(name),
        };
        let (from, first_day) = (first(&dating, identifier), first(&dating, day));
        let mut times: Vec<&String> = versions.key.iter().chain(&versions.version).chain(known).collect();
        times.extend(versions.valid_from.iter().chain(&versions.deleted));
        let approximate = versions.before_first != BeforeFirst::Absent;
        let begins = versions.begins_at.as_ref().map(|column| self.day(column));
        // Only a row that does not say from when it holds stands for what was before.
        let undated = (versions.before_first == BeforeFirst::ApproximateIfUndated)
            .then(|| first(&versions.valid_from.iter().collect::<Vec<_>>(), identifier));
        context! {
            fixed => versions.fixed.iter().map(|column| identifier(column)).collect::<Vec<_>>(),
            rows => if versions.fixed.is_empty() { self.model.name.to_string() } else { FIXED.to_owned() },
            newest => newest(versions),
            statement => if versions.version.is_empty() { from.clone() } else { list(&versions.version) },
            version => version,
            known_at => known.map(|column| identifier(column)),
            from => from,
            first_day => first_day,
            known_last => known_last(&versions.known),
            deleted => versions.deleted.is_some(),
            gone => versions.deleted.as_ref().map(|column| gone(column)),
            valid_to => versions.valid_to.as_ref().map(|column| self.day(column)),
            begins => begins.or_else(|| approximate.then(|| ALWAYS.to_owned())),
            approximate => approximate,
            undated => undated,
            alike => self.but(&times),
        }
    }

    fn snapshots(&self, snapshots: &Snapshots) -> Value {
        let Snapshots { key, taken_at, .. } = snapshots;
        context! {
            day => self.day(taken_at),
            taken_at => identifier(taken_at),
            alike => self.but(&key.iter().chain([taken_at]).collect::<Vec<_>>()),
        }
    }

    fn current(&self, current: &Current) -> Value {
        let begins =
            current.begins_at.as_ref().map(|column| format!("coalesce({}, {ALWAYS})", self.day(column)));
        let declared = &self.model.contract.primary_key;
        context! {
            begins => begins.unwrap_or_else(|| ALWAYS.to_owned()),
            ends => current.ends_at.as_ref().map(|column| self.day(column)),
            is_unique => !declared.is_empty() && declared.iter().all(|column| current.key.contains(column)),
        }
    }

    /// The day of a column that dates rows, in the project's time zone.
    fn day(&self, column: &str) -> String {
        self.day_of(column, &identifier(column))
    }

    /// The day of a value that is of the type of a column.
    fn day_of(&self, column: &str, value: &str) -> String {
        let is_day = self.model.declared_type(column) == Some(&DataType::Date32);
        if is_day { value.to_owned() } else { format!("local_day({value})") }
    }

    fn names(&self) -> Vec<String> {
        self.model.contract.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// All columns but some.
    fn but(&self, left_out: &[&String]) -> Vec<String> {
        let names = self.names().into_iter().filter(|name| !left_out.contains(&name));
        names.map(|name| identifier(&name)).collect()
    }

    /// What decides between rows of one key where nothing else does.
    fn ties(&self, key: &[String]) -> String {
        let mut others = self.names();
        others.retain(|name| !key.contains(name));
        others.sort_unstable();
        list(if others.is_empty() { key } else { &others })
    }
}

/// The SQL of a kind, filled.
fn written(time: &Time, values: &Value) -> Result<String, minijinja::Error> {
    let template = match time {
        Time::Events(_) => include_str!("events.sql"),
        Time::Versions(_) => include_str!("versions.sql"),
        Time::Snapshots(_) => include_str!("snapshots.sql"),
        Time::Current(_) => include_str!("current.sql"),
    };
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.render_named_str(time.kind(), template, values)
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(", ")
}

/// The first of some columns that is not NULL.
fn first(columns: &[&String], written: impl Fn(&str) -> String) -> String {
    match columns {
        [one] => written(one),
        many => {
            let many: Vec<String> = many.iter().map(|name| written(name)).collect();
            format!("coalesce({})", many.join(", "))
        }
    }
}

/// Whether a row is a deletion, which NULL is not.
fn gone(deleted: &str) -> String {
    format!("coalesce({}, FALSE)", identifier(deleted))
}

/// The order in which the newest row of a thing comes first, deletions after all others.
fn newest(versions: &Versions) -> String {
    let deleted = versions.deleted.as_ref().map(|column| format!("{}, ", gone(column)));
    let newest = match &versions.known {
        Known::At(_) => known_last(&versions.known),
        Known::After(_) => {
            let from = first(&versions.valid_from.iter().collect::<Vec<_>>(), identifier);
            format!("{from} DESC, ")
        }
    };
    deleted.unwrap_or_default() + &newest
}

/// The order in which the row known last comes first; empty where no column says when rows were known.
fn known_last(known: &Known) -> String {
    known.column().map_or_else(String::new, |column| format!("{} DESC, ", identifier(column)))
}
