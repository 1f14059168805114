//! The queries that tell as of which days a source is reported: what a run asks, and what `hale compile` prints.

use arrow::datatypes::DataType;
use chrono::NaiveDate;

use super::{FIRST, LAST};
use crate::project::identifier::identifier;
use crate::project::layer::Layer;
use crate::project::model::{Kind, Model, Source};
use crate::project::settings::Settings;
use crate::project::time::{BeforeFirst, Current, Known, Time, Versions};
use crate::project::types::sql_name;

/// The source in which loaders say how far each load reaches, and its columns.
pub(crate) const STATUS: &str = "source_status";
const STATUS_COLUMNS: [(&str, &str); 3] =
    [("source", "VARCHAR"), ("loaded_through", "DATE"), ("ok", "BOOLEAN")];

/// The last day of any load that went well.
const THROUGH: &str = "max(CASE WHEN ok THEN loaded_through END)";

/// The source of loads, where the project has one of that form.
pub(crate) fn status(models: &[Model]) -> Option<(&Model, &Source)> {
    let model = models.iter().find(|model| model.name.layer == Layer::Raw && model.name.table == STATUS)?;
    let Kind::Source(source) = &model.kind else { return None };
    let has = |(name, sql_type): &(&str, &str)| {
        model.declared_type(name).is_some_and(|declared| sql_name(declared) == *sql_type)
    };
    STATUS_COLUMNS.iter().all(has).then_some((model, source))
}

/// What loaders say: of which sources, and how far their loads reach.
pub(crate) fn statuses() -> String {
    format!("SELECT source, {THROUGH} AS loaded_through FROM {}.{STATUS} GROUP BY source", Layer::Raw)
}

/// What it means that a source is reported.
#[derive(Clone, Copy)]
pub(crate) struct Definition<'a> {
    /// The source.
    pub(crate) model: &'a Model,
    /// What it says of itself.
    pub(crate) source: &'a Source,
    /// What the project says of it.
    pub(crate) settings: &'a Settings,
}

impl Definition<'_> {
    /// How many days its loads may lag behind a day.
    pub(crate) fn may_lag(self) -> u32 {
        self.settings.may_lag(self.source)
    }

    /// The query for the day on which it began; NULL where there is no row.
    pub(crate) fn began(self) -> String {
        let first = match (self.settings.complete_from(&self.model.name), &self.source.time) {
            (Some(from), _) => return self.with_any_row(from),
            (None, Time::Events(events)) => self.least(&events.happened_at),
            (None, Time::Snapshots(snapshots)) => self.least(&snapshots.taken_at),
            (None, Time::Versions(versions)) if is_from_ever(versions) => return self.with_any_row(FIRST),
            (None, Time::Versions(versions)) => self.first_version(versions),
            (None, Time::Current(Current { begins_at: Some(begins_at), .. })) => {
                from_ever_if_undated(&identifier(begins_at), &self.least(begins_at))
            }
            (None, Time::Current(_)) => return self.with_any_row(FIRST),
        };
        format!("SELECT {first} FROM {}", self.model.name)
    }

    /// The first day of any version, as rows say it.
    fn first_version(self, versions: &Versions) -> String {
        let known = versions.known.column();
        let dating: Vec<&String> = versions.valid_from.iter().chain(known).collect();
        let first = match dating.as_slice() {
            [one] => self.least(one),
            several => format!("min({})", coalesced(several.iter().map(|name| self.day(name)))),
        };
        if let Some(begins_at) = &versions.begins_at {
            return format!("least({}, {first})", self.least(begins_at));
        }
        if versions.before_first == BeforeFirst::Absent {
            return first;
        }
        from_ever_if_undated(&coalesced(versions.valid_from.iter().map(|name| identifier(name))), &first)
    }

    /// A day, where there is any row.
    fn with_any_row(self, day: NaiveDate) -> String {
        format!("SELECT DATE '{day}' FROM {} LIMIT 1", self.model.name)
    }

    /// The day of a column that dates rows, in the project's time zone.
    fn day(self, column: &str) -> String {
        self.day_of(column, &identifier(column))
    }

    /// The least day of a column. Days follow instants in their order, so that one day is looked for, and not that of each row.
    fn least(self, column: &str) -> String {
        self.day_of(column, &format!("min({})", identifier(column)))
    }

    /// The day of a value that is of the type of a column.
    fn day_of(self, column: &str, value: &str) -> String {
        let is_day = self.model.declared_type(column) == Some(&DataType::Date32);
        if is_day { value.to_owned() } else { format!("local_day({value})") }
    }
}

impl<'a> Definition<'a> {
    /// Whether the newest time at which a row was known, or a load was taken, tells how far loads reach, and by which column.
    pub(super) fn tells(self) -> Option<&'a String> {
        let is_asked = self.source.usage || self.source.stale_after.is_some();
        let column = match &self.source.time {
            Time::Snapshots(snapshots) => Some(&snapshots.taken_at),
            time => time.known().and_then(Known::column),
        };
        column.filter(|_| is_asked)
    }

    /// The query for the day of the newest row, where that tells how far loads reach, and the column that says it.
    pub(crate) fn newest(self) -> Option<(String, &'a str)> {
        let known_at = self.tells()?;
        let newest = self.day_of(known_at, &format!("max({})", identifier(known_at)));
        Some((format!("SELECT {newest} FROM {}", self.model.name), known_at))
    }

    /// That the source is reported as of a day, as a condition that asks for itself.
    pub(crate) fn sql(self, day: &str, has_status: bool) -> String {
        let (lag, name) = (self.may_lag(), &self.model.name.table);
        let since = self.began();
        let unsaid = self
            .newest()
            .map_or_else(|| format!("DATE '{LAST}'"), |(newest, _)| format!("({newest}) + {lag}"));
        let until = if has_status {
            format!(
                "(SELECT CASE WHEN count(*) > 0 THEN {THROUGH} + {lag} ELSE {unsaid} END \
                 FROM {}.{STATUS} WHERE source = '{name}')",
                Layer::Raw
            )
        } else {
            unsaid
        };
        // A day that there is not is NULL: nothing landed, or no load went well.
        format!("(({day} BETWEEN ({since}) AND {until}) IS TRUE)")
    }
}

/// Whether any row stands for all that was before it.
fn is_from_ever(versions: &Versions) -> bool {
    versions.begins_at.is_none() && versions.before_first == BeforeFirst::Approximate
}

/// The first day of rows, of which those without a date stand for all of the past.
fn from_ever_if_undated(date: &str, first: &str) -> String {
    format!("CASE WHEN count(*) > count({date}) THEN DATE '{FIRST}' ELSE {first} END")
}

/// The first of some values that is not NULL.
fn coalesced(values: impl Iterator<Item = String>) -> String {
    let values: Vec<String> = values.collect();
    match values.as_slice() {
        [one] => one.clone(),
        several => format!("coalesce({})", several.join(", ")),
    }
}
