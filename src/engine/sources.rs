//! Sources as tables: Parquet where it lies, without a row from after the last day of a run.

use std::path::Path;
use std::sync::Arc;

use chrono::{Days, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use datafusion::catalog::TableProvider;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, col, lit};
use datafusion::scalar::ScalarValue;

use arrow::datatypes::{DataType, Date32Type, SchemaRef, TimeUnit};
use object_store::ObjectMeta;
use url::Url;

use super::wary_parquet::WaryParquet;
use crate::project::model::Source;
use crate::project::time::{Known, Time};
use crate::project::types::a_value_of;
use crate::storage::Storage;

/// Of two readings of history the one that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// Day D has what happened or held by the end of D, whenever we learned of it.
    #[default]
    AsHappened,
    /// Day D has what was known by the end of D.
    AsKnown,
}

/// The end of what a run may know: the last day, in the project's time zone.
#[derive(Debug, Clone, Copy)]
pub struct Horizon {
    /// The last day that is included.
    pub day: NaiveDate,
    /// Where that day ends.
    pub zone: Tz,
    /// What it is the end of: of what happened, or of what was known.
    pub reading: Reading,
}

impl Horizon {
    /// The first instant after the day, in microseconds of UTC. Where midnight does not exist (a clock change), the
    /// first instant that does.
    pub fn end(&self) -> i64 {
        day_begins(self.day.succ_opt().unwrap_or(self.day), self.zone)
    }

    /// Which rows of a source a run may know; `None` where all of them.
    fn of(&self, time: &Time, declared: &SchemaRef) -> Result<Option<Expr>> {
        let mut within = Vec::new();
        match time {
            Time::Events(events) => {
                let before = match (self.reading, &events.known) {
                    (Reading::AsKnown, Known::After(days)) => u64::from(*days),
                    _ => 0,
                };
                within.push(self.before(before).includes(&events.happened_at, declared)?);
                within.extend(self.known(&events.known, declared)?);
            }
            Time::Versions(versions) => {
                within.extend(self.known(&versions.known, declared)?);
                if let (Reading::AsKnown, Known::After(days)) = (self.reading, &versions.known) {
                    within.extend(
                        self.before(u64::from(*days)).includes_first(&versions.valid_from, declared)?,
                    );
                }
            }
            Time::Snapshots(snapshots) => within.push(self.includes(&snapshots.taken_at, declared)?),
            Time::Current(_) => {}
        }
        Ok(within.into_iter().reduce(Expr::and))
    }

    /// Rows that were known, where that is asked for and a column says it.
    fn known(&self, known: &Known, declared: &SchemaRef) -> Result<Option<Expr>> {
        match (self.reading, known) {
            (Reading::AsKnown, Known::At(column)) => self.includes(column, declared).map(Some),
            _ => Ok(None),
        }
    }

    /// The end of so many days before.
    fn before(&self, days: u64) -> Self {
        Self { day: self.day.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN), ..*self }
    }

    /// The first of some columns that is not NULL lies within what a run may know.
    fn includes_first(&self, columns: &[String], declared: &SchemaRef) -> Result<Option<Expr>> {
        let Some((column, others)) = columns.split_first() else { return Ok(None) };
        let within = self.includes(column, declared)?;
        let column = col(datafusion::common::Column::from_name(column));
        Ok(Some(match self.includes_first(others, declared)? {
            Some(others) => within.and(column.is_not_null().or(others)),
            None => within,
        }))
    }

    /// `column` lies within what a run may know. Rows without the time are kept: whether they may exist is for the
    /// contract to say.
    fn includes(&self, column: &str, declared: &SchemaRef) -> Result<Expr> {
        let data_type = declared.field_with_name(column)?.data_type();
        let column = col(datafusion::common::Column::from_name(column));
        let within = match data_type {
            DataType::Date32 => {
                let day = Date32Type::from_naive_date(self.day);
                column.clone().lt_eq(lit(ScalarValue::Date32(Some(day))))
            }
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                let end = ScalarValue::TimestampMicrosecond(Some(self.end()), zone.clone());
                column.clone().lt(lit(end))
            }
            other => {
                let message =
                    format!("rows are dated by a TIMESTAMP or a DATE, not by {}", a_value_of(other));
                return Err(DataFusionError::Plan(message));
            }
        };
        Ok(within.or(column.is_null()))
    }
}

/// The first instant of a day, in microseconds of UTC. Where midnight does not exist (a clock change), the first instant
/// that does.
pub(crate) fn day_begins(day: NaiveDate, zone: Tz) -> i64 {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    let first = (0..=24).find_map(|quarters| {
        zone.from_local_datetime(&(midnight + chrono::Duration::minutes(15 * quarters))).earliest()
    });
    first.map_or_else(
        || Utc.from_utc_datetime(&midnight).timestamp_micros(),
        |instant| instant.timestamp_micros(),
    )
}

/// The rows of a source's table up to the horizon; all of them where there is none.
///
/// # Errors
/// When a column that dates rows is of no type that can.
pub(crate) fn until(
    horizon: Option<Horizon>,
    source: &Source,
    declared: &SchemaRef,
    table: Arc<dyn TableProvider>,
) -> Result<Arc<dyn TableProvider>> {
    let Some(horizon) = horizon else { return Ok(table) };
    let Some(within) = horizon.of(&source.time, declared)? else { return Ok(table) };
    filtered(table, within)
}

/// The rows of a log that decide what its dated relation says of a first day and all later ones: those from then on, and those
/// before by which facts that were delivered before are told. Rows without a time are kept: their contract tells of them.
///
/// # Errors
/// As [`until`].
pub(crate) fn since(
    first: NaiveDate,
    zone: Tz,
    source: &Source,
    table: Arc<dyn TableProvider>,
) -> Result<Arc<dyn TableProvider>> {
    let Time::Events(events) = &source.time else { return Ok(table) };
    let before = if events.key.is_empty() { 0 } else { u64::from(events.max_delay) };
    let Some(first) = first.checked_sub_days(Days::new(before)) else { return Ok(table) };
    let (time, begins) = time_and_beginning(&events.happened_at, first, zone, &table.schema())?;
    filtered(table, time.clone().gt_eq(begins).or(time.is_null()))
}

/// The rows of a log of before a day; those without a time are none.
///
/// # Errors
/// As [`until`].
pub(crate) fn before(
    day: NaiveDate,
    zone: Tz,
    source: &Source,
    table: Arc<dyn TableProvider>,
) -> Result<Arc<dyn TableProvider>> {
    let Time::Events(events) = &source.time else { return Ok(table) };
    let (time, begins) = time_and_beginning(&events.happened_at, day, zone, &table.schema())?;
    filtered(table, time.lt(begins))
}

/// A column that dates rows, and when a day begins as a value of its type.
fn time_and_beginning(column: &str, day: NaiveDate, zone: Tz, schema: &SchemaRef) -> Result<(Expr, Expr)> {
    let begins = lit(match schema.field_with_name(column)?.data_type() {
        DataType::Timestamp(TimeUnit::Microsecond, of_zone) => {
            ScalarValue::TimestampMicrosecond(Some(day_begins(day, zone)), of_zone.clone())
        }
        _ => ScalarValue::Date32(Some(Date32Type::from_naive_date(day))),
    });
    Ok((col(datafusion::common::Column::from_name(column)), begins))
}

/// The rows of a table of which a condition is true.
fn filtered(table: Arc<dyn TableProvider>, within: Expr) -> Result<Arc<dyn TableProvider>> {
    let plan =
        LogicalPlanBuilder::scan("source", provider_as_source(table), None)?.filter(within)?.build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

/// The engine's name of a storage.
///
/// # Errors
/// When its URL is none that the engine can read from.
pub(crate) fn store_url(storage: &Storage) -> Result<ObjectStoreUrl> {
    let url = storage.file_url("file").map_err(|error| DataFusionError::External(Box::new(error)))?;
    Ok(ListingTableUrl::parse(url)?.object_store())
}

/// Parquet files of one schema as one table. The schema is declared, nullable and keyless: nothing is believed.
///
/// # Errors
/// When a path is no URL that the engine can list.
pub fn parquet_table(
    storage: &Storage,
    files: &[ObjectMeta],
    schema: &SchemaRef,
) -> Result<Arc<dyn TableProvider>> {
    let urls = files.iter().map(|file| {
        let relative = storage.relative(&file.location).unwrap_or_default();
        let url = storage.file_url(&relative).map_err(|error| DataFusionError::External(Box::new(error)))?;
        ListingTableUrl::parse(url)
    });
    listing(urls.collect::<Result<_>>()?, schema)
}

/// All Parquet below a folder of one schema, as one table: files that hale itself wrote.
///
/// # Errors
/// As [`parquet_table`].
pub fn parquet_folder(url: &Url, schema: &SchemaRef) -> Result<Arc<dyn TableProvider>> {
    listing(vec![ListingTableUrl::parse(url)?], schema)
}

/// Parquet files of one schema on the local disk, as one table.
///
/// # Errors
/// As [`parquet_table`].
pub(crate) fn parquet_files(files: &[&Path], schema: &SchemaRef) -> Result<Arc<dyn TableProvider>> {
    let urls = files.iter().map(|file| ListingTableUrl::parse(file.to_string_lossy()));
    listing(urls.collect::<Result<_>>()?, schema)
}

fn listing(urls: Vec<ListingTableUrl>, schema: &SchemaRef) -> Result<Arc<dyn TableProvider>> {
    // Whatever the ending: which files belong to a table was decided before.
    let options = ListingOptions::new(Arc::new(WaryParquet::default())).with_file_extension("");
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options)
        .with_schema(Arc::clone(schema));
    Ok(Arc::new(ListingTable::try_new(config)?))
}
