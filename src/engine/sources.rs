//! Sources as tables: Parquet where it lies, without a row from after the last day of a run.

use std::sync::Arc;

use chrono::{NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, col, lit};
use datafusion::scalar::ScalarValue;

use arrow::datatypes::{DataType, Date32Type, SchemaRef, TimeUnit};
use object_store::ObjectMeta;
use url::Url;

use super::foreign_parquet::ForeignParquet;
use crate::project::model::Source;
use crate::storage::Storage;

/// The end of what a run may know: the last day, in the project's time zone.
#[derive(Debug, Clone, Copy)]
pub struct Horizon {
    /// The last day that is included.
    pub day: NaiveDate,
    /// Where that day ends.
    pub zone: Tz,
}

impl Horizon {
    /// The first instant after the day, in microseconds of UTC. Where midnight does not exist (a clock change), the
    /// first instant that does.
    pub fn end(&self) -> i64 {
        let next = self.day.succ_opt().unwrap_or(self.day);
        let midnight = next.and_time(chrono::NaiveTime::MIN);
        let first = (0..=24).find_map(|quarters| {
            self.zone.from_local_datetime(&(midnight + chrono::Duration::minutes(15 * quarters))).earliest()
        });
        first.map_or_else(
            || Utc.from_utc_datetime(&midnight).timestamp_micros(),
            |instant| instant.timestamp_micros(),
        )
    }

    /// `column` lies within what a run may know.
    fn includes(&self, column: &str, data_type: &DataType) -> Result<Expr> {
        let column = col(datafusion::common::Column::from_name(column));
        match data_type {
            DataType::Date32 => {
                let day = Date32Type::from_naive_date(self.day);
                Ok(column.lt_eq(lit(ScalarValue::Date32(Some(day)))))
            }
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                Ok(column.lt(lit(ScalarValue::TimestampMicrosecond(Some(self.end()), zone.clone()))))
            }
            other => {
                Err(DataFusionError::Plan(format!("an event time is a TIMESTAMP or a DATE, not {other}")))
            }
        }
    }
}

/// The rows of a source up to the horizon; an empty relation where an optional source has no files.
///
/// Rows without an event time are kept: whether they may exist is for the contract to say.
///
/// # Errors
/// When the files cannot be listed as Parquet, or the event time is of no type that dates anything.
pub fn source_table(
    source: &Source,
    declared: &SchemaRef,
    files: &[ObjectMeta],
    storage: &Storage,
    horizon: Horizon,
) -> Result<Arc<dyn TableProvider>> {
    if files.is_empty() {
        return Ok(Arc::new(EmptyTable::new(Arc::clone(declared))));
    }
    let table = parquet_table(storage, files, declared)?;
    let Some(event_time) = &source.event_time else { return Ok(table) };
    let known = horizon.includes(event_time, declared.field_with_name(event_time)?.data_type())?;
    let undated = col(datafusion::common::Column::from_name(event_time)).is_null();
    let plan = LogicalPlanBuilder::scan("source", provider_as_source(table), None)?
        .filter(known.or(undated))?
        .build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
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
    listing(urls.collect::<Result<_>>()?, schema, Arc::new(ForeignParquet::default()))
}

/// All Parquet below a folder of one schema, as one table: files that hale itself wrote.
///
/// # Errors
/// As [`parquet_table`].
pub fn parquet_folder(url: &Url, schema: &SchemaRef) -> Result<Arc<dyn TableProvider>> {
    listing(vec![ListingTableUrl::parse(url)?], schema, Arc::new(ParquetFormat::default()))
}

fn listing(
    urls: Vec<ListingTableUrl>,
    schema: &SchemaRef,
    format: Arc<dyn FileFormat>,
) -> Result<Arc<dyn TableProvider>> {
    // Whatever the ending: which files belong to a source was decided before.
    let options = ListingOptions::new(format).with_file_extension("");
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options)
        .with_schema(Arc::clone(schema));
    Ok(Arc::new(ListingTable::try_new(config)?))
}

/// The Parquet of a source: the file itself, or every `.parquet` below the folder. Hidden and `_` names are left out.
pub(crate) async fn parquet_files(
    storage: &Storage,
    source: &Source,
) -> crate::error::Result<Vec<ObjectMeta>> {
    let mut files = storage.files(&source.path).await?;
    let root = source.path.trim_end_matches('/').to_owned();
    files.retain(|file| {
        let relative = storage.relative(&file.location).unwrap_or_default();
        let below = relative.strip_prefix(&root).unwrap_or(&relative).to_owned();
        let visible = below.split('/').all(|part| !part.starts_with(['.', '_']));
        below.is_empty() || (visible && relative.ends_with(".parquet"))
    });
    Ok(files)
}
