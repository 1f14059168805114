//! Published tables of some days, as columns of numbers and texts.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use chrono::NaiveDate;
use futures::TryStreamExt;

use crate::diagnostic::{closest, visible};
use crate::engine::{Engine, diagnose};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::project::model::{AS_OF_DATE, Model};
use crate::read::{Days, Reader, published_day};
use crate::store::State;

/// What was published, and what reads it.
pub struct Published<'a> {
    /// The project's models and scores.
    pub pipeline: &'a Pipeline,
    /// The engine.
    pub engine: &'a Engine,
    /// Where tables are published.
    pub out: &'a State,
}

/// Which days to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// The newest published day.
    Newest,
    /// One day.
    Day(NaiveDate),
    /// All published days from the first to the second, both included.
    Between(NaiveDate, NaiveDate),
}

/// Published days that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first.
    pub(crate) first: NaiveDate,
    /// The last.
    pub(crate) last: NaiveDate,
    /// How many there are.
    pub(crate) count: usize,
}

impl Span {
    /// The days to open, and a condition that leaves out those before the first.
    pub(crate) fn read(self) -> (Days, String) {
        if self.first == self.last {
            return (Days::Only(self.last), "TRUE".to_owned());
        }
        (Days::Until(self.last), format!("{AS_OF_DATE} >= DATE '{}'", self.first))
    }
}

impl Published<'_> {
    /// The rows of a query, all in one batch. No source is ever asked for, so nothing looks where they lie.
    pub(crate) async fn rows(&self, days: Days, sql: &str) -> Result<RecordBatch> {
        let reader = Reader::open(self.pipeline, self.engine, (self.out.storage(), self.out), days).await?;
        let stream = reader.query(sql, None).await?;
        let schema = stream.schema();
        let batches: Vec<RecordBatch> =
            stream.try_collect().await.map_err(|error| diagnose::of_run("what was published", &error))?;
        concat_batches(&schema, &batches).map_err(|error| Error::Bug(error.to_string()))
    }

    /// The table of a name, which must be stored by day.
    pub(crate) fn table(&self, text: &str) -> Result<&Model> {
        let stored = || self.pipeline.models.iter().filter(|model| model.by_day());
        if let Some(model) = stored().find(|model| model.name.to_string() == text) {
            return Ok(model);
        }
        let names: Vec<String> = stored().map(|model| model.name.to_string()).collect();
        let hint = match closest(text, names.iter().map(String::as_str)) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("published day by day are {}", names.join(", ")),
        };
        Err(Error::Usage(format!(
            "there is no table `{}` that is published day by day; {hint}",
            visible(text)
        )))
    }

    /// One published day of a table, the newest where none is asked for.
    pub(crate) async fn day(&self, table: &ModelName, day: Option<NaiveDate>) -> Result<NaiveDate> {
        published_day(self.out, table, day).await
    }

    /// The published days of a period.
    pub(crate) async fn span(&self, table: &ModelName, period: Period) -> Result<Span> {
        let one = match period {
            Period::Newest => self.day(table, None).await?,
            Period::Day(day) => self.day(table, Some(day)).await?,
            Period::Between(from, to) => return self.between(table, from, to).await,
        };
        Ok(Span { first: one, last: one, count: 1 })
    }

    async fn between(&self, table: &ModelName, from: NaiveDate, to: NaiveDate) -> Result<Span> {
        if from > to {
            return Err(Error::Usage(format!("--from {from} is after --to {to}")));
        }
        let newest = self.day(table, None).await?;
        let days = self.out.days(table).await?;
        let within: Vec<&NaiveDate> = days.iter().filter(|day| (from..=to).contains(*day)).collect();
        let (Some(first), Some(last)) = (within.first(), within.last()) else {
            let oldest = days.first().unwrap_or(&newest);
            let message = format!(
                "{table} has no day from {from} to {to}; published are {} days, from {oldest} to {newest}",
                days.len()
            );
            return Err(Error::Usage(message));
        };
        Ok(Span { first: **first, last: **last, count: within.len() })
    }
}

/// The columns that a table declares.
pub(crate) fn columns(model: &Model) -> Vec<&str> {
    model.contract.columns.iter().map(|column| column.name.as_str()).collect()
}

/// The column by which rows are told apart: the one asked for, or `segment` where the table has it.
pub(crate) fn by_column(model: &Model, asked: Option<&str>) -> Result<Option<String>> {
    const USUAL: &str = "segment";
    let known = columns(model);
    match asked {
        None => Ok(known.contains(&USUAL).then(|| USUAL.to_owned())),
        Some(name) if known.contains(&name) => Ok(Some(name.to_owned())),
        Some(name) => Err(unknown_column(model, name)),
    }
}

/// That a table has no such column, and which was probably meant.
pub(crate) fn unknown_column(model: &Model, name: &str) -> Error {
    let known = columns(model);
    let hint = match closest(name, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("`hale ls --format json` lists its {} columns", known.len()),
    };
    Error::Usage(format!("{} has no column `{}`; {hint}", model.name, visible(name)))
}
