//! What is believed of a footer that others wrote.
//!
//! Row groups and pages are left out by the bounds that a footer gives, so a bound that is none loses rows. Not believed,
//! and forgotten before anything is left out by them, are
//!
//! - bounds of text, decimals and unsigned numbers in the fields of the first version of the format: its writers compared
//!   bytes with a sign, and "Zürich" came before "Aachen";
//! - all claims of a column that may be NULL and does not say how often: DataFusion takes that for never;
//! - bounds that are the wrong way round.
//!
//! Whatever is left is only ever an estimate for the planner. DataFusion would answer `min` and `max` from the bounds of
//! a file: also where the column is cast on the way, by the order of the uncast values (apache/datafusion#25221); where one
//! of the row groups has no bounds (apache/datafusion#25226); and where NaN stands beside them (apache/datafusion#24804).

use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use datafusion::common::Statistics;
use datafusion::common::stats::Precision;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{
    CachedParquetFileReaderFactory, ParquetFileReaderFactory,
};
use datafusion::error::Result;
use datafusion::execution::cache::cache_manager::FileMetadataCache;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::ObjectStore;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::basic::{SortOrder, Type};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics as Bounds;

/// Statistics as estimates: the number of rows is a fact, all else is for choosing plans.
pub(crate) fn estimates(mut statistics: Statistics, schema: &SchemaRef) -> Statistics {
    statistics.total_byte_size = statistics.total_byte_size.to_inexact();
    for (column, field) in statistics.column_statistics.iter_mut().zip(schema.fields()) {
        *column = std::mem::take(column).to_inexact();
        if field.data_type().is_floating() {
            column.min_value = Precision::Absent;
            column.max_value = Precision::Absent;
        }
    }
    statistics
}

/// A footer without the claims that are not believed.
pub(crate) fn believed(footer: Arc<ParquetMetaData>) -> Arc<ParquetMetaData> {
    let is_sound = |group: &RowGroupMetaData| group.columns().iter().all(is_believed);
    if footer.row_groups().iter().all(is_sound) {
        return footer;
    }
    let mut builder = Arc::unwrap_or_clone(footer).into_builder();
    let groups = builder.take_row_groups();
    let index = builder.take_column_index().map(|mut index| {
        for (group, columns) in groups.iter().zip(&mut index) {
            for (column, index) in group.columns().iter().zip(columns) {
                if !is_believed(column) {
                    *index = ColumnIndexMetaData::NONE;
                }
            }
        }
        index
    });
    // A group that cannot be put together again is kept as it is: it came from a file that was read.
    let groups = groups.into_iter().map(|group| forgetful(&group).unwrap_or(group)).collect();
    Arc::new(builder.set_row_groups(groups).set_column_index(index).build())
}

fn forgetful(group: &RowGroupMetaData) -> Option<RowGroupMetaData> {
    let columns = group.columns().iter().map(|column| {
        if is_believed(column) {
            return Some(column.clone());
        }
        let forgotten = column.clone().into_builder().clear_statistics();
        forgotten.set_column_index_offset(None).set_column_index_length(None).build().ok()
    });
    group.clone().into_builder().set_column_metadata(columns.collect::<Option<_>>()?).build().ok()
}

fn is_believed(column: &ColumnChunkMetaData) -> bool {
    let Some(bounds) = column.statistics() else { return true };
    let about = column.column_descr();
    let may_be_null = about.max_def_level() > 0;
    let signed = match about.physical_type() {
        Type::BOOLEAN | Type::FLOAT | Type::DOUBLE => true,
        Type::INT32 | Type::INT64 => about.sort_order() == SortOrder::SIGNED,
        Type::INT96 | Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => false,
    };
    let counted = bounds.null_count_opt().is_some() || !may_be_null;
    counted && (signed || !bounds.is_min_max_deprecated()) && is_in_order(bounds, signed)
}

fn is_in_order(bounds: &Bounds, signed: bool) -> bool {
    fn ordered<T: PartialOrd>(min: Option<&T>, max: Option<&T>) -> bool {
        !min.zip(max).is_some_and(|(min, max)| min > max)
    }
    match bounds {
        Bounds::Int32(bounds) => !signed || ordered(bounds.min_opt(), bounds.max_opt()),
        Bounds::Int64(bounds) => !signed || ordered(bounds.min_opt(), bounds.max_opt()),
        Bounds::Float(bounds) => ordered(bounds.min_opt(), bounds.max_opt()),
        Bounds::Double(bounds) => ordered(bounds.min_opt(), bounds.max_opt()),
        _ => true,
    }
}

/// Readers of files whose footers are believed only so far.
#[derive(Debug)]
pub(super) struct WaryReaders(CachedParquetFileReaderFactory);

impl WaryReaders {
    pub(super) fn new(store: Arc<dyn ObjectStore>, footers: Arc<FileMetadataCache>) -> Self {
        Self(CachedParquetFileReaderFactory::new(store, footers))
    }
}

impl ParquetFileReaderFactory for WaryReaders {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        Ok(Box::new(WaryReader(self.0.create_reader(partition, file, hint, metrics)?)))
    }
}

struct WaryReader(Box<dyn AsyncFileReader + Send>);

impl AsyncFileReader for WaryReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        self.0.get_bytes(range)
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<Range<u64>>,
    ) -> BoxFuture<'_, parquet::errors::Result<Vec<Bytes>>> {
        self.0.get_byte_ranges(ranges)
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        self.0.get_metadata(options).map(|footer| footer.map(believed)).boxed()
    }
}
