//! A model as written: one SQL statement in one file.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use chrono::{Days, NaiveDate};
use datafusion::sql::sqlparser::ast::Query;

use super::contract::Contract;
use super::kept::KeptFrom;
use super::layer::ModelName;
use super::time::Time;
use super::was::Was;
use crate::diagnostic::{Location, Origin, SourceFile};

/// One model: a file under `sql/`, or SQL compiled from a component's or score's YAML.
#[derive(Debug, Clone)]
pub struct Model {
    /// `layer.table`, from the file's path.
    pub name: ModelName,
    /// The text that was parsed, whole and unedited.
    pub file: Arc<SourceFile>,
    /// The leading comment.
    pub description: String,
    /// What it was called before, where it says so.
    pub was: Option<Was>,
    /// Source, view or stored table.
    pub kind: Kind,
    /// What its rows promise.
    pub contract: Contract,
    /// Declared columns as Arrow types: every field nullable and no key, so that the engine believes nothing
    /// that was not audited. `None` where a view declares no columns.
    pub declared: Option<SchemaRef>,
    /// Parts of a compiled text that were taken from YAML.
    pub origins: Vec<Origin>,
}

/// What a model's statement makes.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `CREATE EXTERNAL TABLE`: Parquet that others wrote.
    Source(Box<Source>),
    /// `CREATE VIEW` or a bare `SELECT`: inlined where it is read.
    View(Box<Query>),
    /// `CREATE TABLE … AS`: built, audited and stored.
    Table(Box<Query>, Storing),
}

/// How a table is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storing {
    /// `PARTITIONED BY (as_of_date)`: a folder for each day.
    ByDay,
    /// One file, replaced by each run.
    Whole,
}

/// Where a source lies and how its rows are dated.
#[derive(Debug, Clone)]
pub struct Source {
    /// File or folder, relative to the project's sources.
    pub path: String,
    /// What a row is and which columns date it.
    pub time: Time,
    /// Columns that came later: NULL in the files that do not have them, as long as one has.
    pub added_columns: Vec<String>,
    /// Whether it may be absent; then it is an empty relation.
    pub optional: bool,
    /// Whether that it is absent says that there are no such things, and not that nobody knows: who went over from one account
    /// to another, where nobody ever did.
    pub none_where_absent: bool,
    /// The most days in a row on which the log may have no rows, where the project says so.
    pub may_be_silent: Option<u32>,
    /// How many days its loads may lag behind a day, where the source says so; see [`super::settings::Settings::may_lag`].
    pub stale_after: Option<u32>,
    /// From which day on it still has its rows; it has all that ever were unless said.
    pub kept_from: Option<KeptFrom>,
    /// What a run does where a day of the log is unlike the same weekdays of the weeks before; nothing unless said.
    pub unusual_days: Option<UnusualDays>,
    /// Whether its rows are use of the product: what is counted of them is zero for a customer who falls silent.
    pub usage: bool,
}

/// What a run does where a day that it builds is an unusual one of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnusualDays {
    /// It warns.
    Warn,
    /// It publishes nothing.
    Stop,
}

/// The column of the day a row is for; every table stored by day is partitioned by it.
pub const AS_OF_DATE: &str = "as_of_date";

impl Model {
    /// The query of a view or table.
    pub fn query(&self) -> Option<&Query> {
        match &self.kind {
            Kind::Source(_) => None,
            Kind::View(query) | Kind::Table(query, _) => Some(query),
        }
    }

    /// The type of a column as the DDL declares it.
    pub fn declared_type(&self, column: &str) -> Option<&DataType> {
        let field = self.declared.as_ref()?.field_with_name(column).ok()?;
        Some(field.data_type())
    }

    /// Whether it is built and published, rather than read or inlined.
    pub fn is_stored(&self) -> bool {
        matches!(self.kind, Kind::Table(..))
    }

    /// Whether it is stored by day.
    pub fn by_day(&self) -> bool {
        matches!(self.kind, Kind::Table(_, Storing::ByDay))
    }

    /// Whether its rows are daily facts: its days are those of the log, and none of them ever expires.
    pub fn are_facts(&self) -> bool {
        self.contract.settles_after.is_some()
    }

    /// From which day on a run of days from `start` on makes them: of daily facts from the first that is not settled.
    pub fn open_from(&self, start: NaiveDate) -> NaiveDate {
        let days = self.contract.settles_after.unwrap_or_default();
        start.checked_sub_days(Days::new(days.into())).unwrap_or(start)
    }

    /// The place of bytes of this model's text: in the YAML they were compiled from, where they were.
    pub fn locate(&self, span: std::ops::Range<usize>) -> Location {
        let origin = Origin::of(&self.origins, span.start).cloned();
        origin.unwrap_or_else(|| Location::new(&self.file, span))
    }
}
