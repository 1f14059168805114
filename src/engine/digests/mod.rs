//! A digest of each day of a source: two days with the same digest are told the same, and a digest that changed says that a
//! row came, went or was corrected.
//!
//! It is the sum, modulo 2¹²⁸, of the hashes of the rows of `dated.x` that count on the day: of facts those of the day, of
//! spans those that hold on it (each is added on its `first_day` and taken away on its `day_after`). A sum knows neither the
//! order of rows nor the files that they lie in, and what comes on one day changes no other. A row's hash is the first half
//! of SHA-256 over the names and the values of its columns (`row`), so that files may keep these as they like.
//!
//! When a row was known is no part of it: a row that is delivered again and says the same changes nothing. So whoever computes
//! with that column has to mind it beside the digest. From when on a row holds (`first_day`) is a part of it; until when is
//! not, for nobody knows that on the day.

mod row;
mod sums;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use chrono::NaiveDate;
use datafusion::catalog::TableProvider;
use datafusion::common::runtime::JoinSet;
use datafusion::common::{TableReference, exec_datafusion_err};
use datafusion::datasource::MemTable;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, ident, lit};
use datafusion::scalar::ScalarValue;
use futures::StreamExt;

use self::row::RowHash;
use self::sums::{Dated, Sum, Sums};
use super::day_window::WindowOptions;
use super::landed::{self, Place};
use super::sources::Horizon;
use super::{Session, diagnose, ran_out};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::digests::{COLUMNS, of_name, table, unknown};
use crate::project::layer::{CALENDAR, Layer, ModelName};
use crate::project::reported::FIRST;
use crate::project::time::{Known, Time};

/// Days of one batch of an answer.
const DAYS_A_BATCH: usize = 8192;

/// What a source says of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct DayDigest {
    /// How many rows count on it.
    pub rows: i64,
    /// The sum of their hashes; no rows have 0.
    pub digest: u128,
}

/// The digest as it is written: 32 hexadecimal digits.
impl fmt::Display for DayDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.digest)
    }
}

/// The digests of all days of a source.
#[derive(Debug)]
pub(crate) struct Digests {
    dated: Dated,
    /// Of facts by their days; of spans from the days on which anything changes, up to the next.
    by_day: BTreeMap<i32, Sum>,
    /// The days that a table of them has.
    days: Option<RangeInclusive<NaiveDate>>,
    /// Whether nothing has landed of the source, which is optional.
    pub(crate) is_absent: bool,
}

impl Digests {
    /// That of a day.
    pub(crate) fn on(&self, day: NaiveDate) -> DayDigest {
        let day = Date32Type::from_naive_date(day);
        let sum = match self.dated {
            Dated::Facts => self.by_day.get(&day),
            Dated::Spans => self.by_day.range(..=day).next_back().map(|(_, sum)| sum),
        };
        sum.map(|sum| DayDigest { rows: sum.rows, digest: sum.hash }).unwrap_or_default()
    }

    /// One row for each day from the first of the source on.
    ///
    /// # Errors
    /// When the columns are none, which would be a bug.
    fn table(&self) -> EngineResult<Arc<dyn TableProvider>> {
        let days: Vec<NaiveDate> = self.days.clone().into_iter().flat_map(days_of).collect();
        let batches = days.chunks(DAYS_A_BATCH).map(|days| {
            let of: Vec<DayDigest> = days.iter().map(|day| self.on(*day)).collect();
            let columns: Vec<ArrayRef> = vec![
                Arc::new(Date32Array::from_iter_values(
                    days.iter().map(|day| Date32Type::from_naive_date(*day)),
                )),
                Arc::new(of.iter().map(|of| Some(of.rows)).collect::<Int64Array>()),
                Arc::new(StringArray::from_iter_values(of.iter().map(ToString::to_string))),
            ];
            RecordBatch::try_new(schema(), columns)
        });
        let batches = batches.collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(MemTable::try_new(schema(), vec![batches])?))
    }
}

fn days_of(days: RangeInclusive<NaiveDate>) -> impl Iterator<Item = NaiveDate> {
    days.start().iter_days().take_while(move |day| day <= days.end())
}

fn schema() -> SchemaRef {
    let types = [DataType::Date32, DataType::Int64, DataType::Utf8];
    let fields = COLUMNS.into_iter().zip(types).map(|(name, data_type)| Field::new(name, data_type, false));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The digests of a source in the rows that a reading knows; of all rows where there is no horizon. Where a first day is given,
/// days before it are not told.
///
/// # Errors
/// [`Error::Project`] where there is no such source; what storage says, and the engine of rows that
/// cannot be read.
pub(crate) async fn of_source(
    place: Place<'_>,
    pipeline: &Pipeline,
    name: &str,
    (first, horizon): (Option<NaiveDate>, Option<Horizon>),
) -> Result<Digests> {
    let relation = ModelName::new(Layer::Dated, name);
    let query = pipeline.model(&relation).and_then(|relation| relation.query());
    let (Some((model, source)), Some(query)) = (of_name(name, &pipeline.models), query) else {
        return Err(Error::Project(unknown(name, &pipeline.models).into()));
    };
    let failed = |error| diagnose::of_run(&model.name.to_string(), &error);
    let settings = &pipeline.settings;
    let session = Session::new(place.engine, settings, WindowOptions::default(), settings.history_starts);
    let session = session.map_err(failed)?;
    let rows = landed::table(place, model, source, horizon).await?;
    let is_absent = rows.is_absent;
    session.register(&model.name, rows.table).map_err(failed)?;
    let plan = session.plan(query).await.map_err(failed)?;
    let (dated, hash) = told_by(&plan, &source.time);
    let plan = match first {
        Some(first) => counting_from(plan, dated, first).map_err(failed)?,
        None => plan,
    };
    let (planned, hash) = (&plan, &hash);
    let summed = |session| async move { summed(&session, planned, hash, dated).await };
    let sums = session.frugally(ran_out, summed).await.map_err(failed)?;
    let days = days(&sums, settings.history_starts, horizon.map(|horizon| horizon.day));
    let by_day = if dated == Dated::Spans { so_far(sums.by_day) } else { sums.by_day };
    Ok(Digests { dated, by_day, days, is_absent })
}

/// How the rows of a dated relation are dated, and the hash of what they say.
fn told_by(plan: &LogicalPlan, time: &Time) -> (Dated, RowHash) {
    let dated = Dated::of(time);
    let known = match time {
        Time::Snapshots(snapshots) => Some(&snapshots.taken_at),
        time => time.known().and_then(Known::column),
    };
    let left_out: Vec<&str> = dated.days().iter().copied().chain(known.map(String::as_str)).collect();
    (dated, RowHash::of(plan.schema().as_arrow(), &left_out))
}

/// The rows that count on a day or later.
fn counting_from(plan: LogicalPlan, dated: Dated, first: NaiveDate) -> EngineResult<LogicalPlan> {
    let first = lit(ScalarValue::Date32(Some(Date32Type::from_naive_date(first))));
    let counts = match dated {
        Dated::Facts => ident("day").gt_eq(first),
        Dated::Spans => ident("day_after").is_null().or(ident("day_after").gt(first)),
    };
    LogicalPlanBuilder::from(plan).filter(counts)?.build()
}

/// The sums of the rows of a plan, each partition in a task of its own.
async fn summed(session: &Session, plan: &LogicalPlan, hash: &RowHash, dated: Dated) -> EngineResult<Sums> {
    let frame = session.context().execute_logical_plan(plan.clone()).await?;
    let mut tasks = JoinSet::new();
    for mut batches in frame.execute_stream_partitioned().await? {
        let hash = hash.clone();
        tasks.spawn(async move {
            let mut sums = Sums::default();
            while let Some(batch) = batches.next().await.transpose()? {
                sums.add(&batch, &hash, dated)?;
            }
            Ok::<_, DataFusionError>(sums)
        });
    }
    let mut sums = Sums::default();
    while let Some(task) = tasks.join_next().await {
        sums.merge(task.map_err(|error| exec_datafusion_err!("summing hashes of rows: {error}"))??);
    }
    Ok(sums)
}

/// What holds from each day on, of what begins and ends on it.
fn so_far(mut by_day: BTreeMap<i32, Sum>) -> BTreeMap<i32, Sum> {
    let mut holds = Sum::default();
    for sum in by_day.values_mut() {
        holds.add(*sum);
        *sum = holds;
    }
    by_day
}

/// The days from the first of any row up to a last one; without one, up to the newest on which a row begins to count.
fn days(
    sums: &Sums,
    history_starts: NaiveDate,
    last: Option<NaiveDate>,
) -> Option<RangeInclusive<NaiveDate>> {
    // What was always there begins on no day that anybody asks of.
    let dated = |day: &i32| *day > Date32Type::from_naive_date(FIRST);
    let first = sums.by_day.keys().find(|day| dated(day)).and_then(|day| Date32Type::to_naive_date_opt(*day));
    let newest = sums.newest.map(|newest| {
        Some(newest).filter(dated).and_then(Date32Type::to_naive_date_opt).unwrap_or(history_starts)
    });
    let last = last.or(newest)?;
    Some(first.unwrap_or(history_starts).min(last)..=last)
}

/// Makes the digests of a source readable in a session: `FROM digests('tickets')`.
///
/// # Errors
/// When the catalogue refuses them.
pub(crate) fn register(session: &Session, source: &str, digests: &Digests) -> EngineResult<()> {
    let table = TableReference::partial(CALENDAR, table(source));
    session.context().deregister_table(table.clone())?;
    session.context().register_table(table, digests.table()?).map(drop)
}
