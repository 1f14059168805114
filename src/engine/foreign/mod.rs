//! Parquet that others wrote, as tables of the declared columns.
//!
//! Each file is read by its own schema: columns by their names, values as the declaration has them, what stands only in
//! the names of folders as columns like any other. Nothing is believed of a footer that it does not prove.

mod adapter;
pub(crate) mod convert;
pub(crate) mod footer;
mod instants;
pub(crate) mod reading;

use std::sync::Arc;

use arrow::array::StringArray;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use chrono_tz::Tz;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Statistics;
use datafusion::common::stats::Precision;
use datafusion::config::TableParquetOptions;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::scalar::ScalarValue;
use object_store::ObjectMeta;
use parquet::basic::{ConvertedType, LogicalType, Type as PhysicalType};
use parquet::file::metadata::ParquetMetaData;

pub(crate) use adapter::UnfitValue;

use self::adapter::Readings;
use self::footer::{WaryReaders, believed, estimates};
use self::reading::{Marks, place_of};

/// A sound file of a source.
#[derive(Debug, Clone)]
pub(crate) struct ForeignFile {
    /// Where it lies.
    pub(crate) meta: ObjectMeta,
    /// Its footer.
    pub(crate) footer: Arc<ParquetMetaData>,
    /// Its columns, by the Parquet schema: what a writer noted beside it is of that writer's own types. Only the unit of a
    /// duration stands nowhere else.
    pub(crate) schema: SchemaRef,
    /// The `name=value` of its folders, decoded; no value is NULL.
    pub(crate) folders: Vec<(String, Option<String>)>,
}

impl ForeignFile {
    /// What the Parquet schema says of a column's bytes.
    pub(crate) fn marks(&self, place: usize) -> Marks {
        let root = self.footer.file_metadata().schema_descr().root_schema();
        let Some(column) = root.get_fields().get(place) else { return Marks::default() };
        let info = column.get_basic_info();
        let is_bytes = column.is_primitive() && column.get_physical_type() == PhysicalType::BYTE_ARRAY;
        Marks {
            uuid: matches!(info.logical_type_ref(), Some(LogicalType::Uuid)),
            untried: is_bytes && info.converted_type() != ConvertedType::UTF8,
        }
    }

    /// What a folder says of a column, as a value of its type; `None` where no folder does, or not so.
    pub(crate) fn folder_value(&self, column: &Field) -> Option<ScalarValue> {
        let (_, text) = self.folders.iter().find(|(name, _)| name == column.name())?;
        let text = StringArray::from(vec![text.as_deref()]);
        let strict = CastOptions { safe: false, ..Default::default() };
        let value = cast_with_options(&text, column.data_type(), &strict).ok()?;
        ScalarValue::try_from_array(&value, 0).ok()
    }
}

/// Whether a declared column stands in the names of the folders: every file has it there, and none has it itself.
pub(crate) fn is_of_folders(files: &[ForeignFile], column: &str) -> bool {
    let named = |file: &ForeignFile| file.folders.iter().any(|(name, _)| name == column);
    files.iter().all(|file| named(file) && place_of(&file.schema, column).is_none())
}

/// The files of a source as one table of the declared columns. They were held against the declaration before.
///
/// # Errors
/// When a folder's name is no value of its column.
pub(crate) fn foreign_table(
    files: &[ForeignFile],
    declared: &SchemaRef,
    store: ObjectStoreUrl,
    zone: Tz,
) -> Result<Arc<dyn TableProvider>> {
    let (of_folders, of_files): (Vec<FieldRef>, Vec<FieldRef>) =
        declared.fields().iter().cloned().partition(|field| is_of_folders(files, field.name()));
    let marks = of_files.iter().map(|field| (field.name().clone(), marks_of(files, field.name()))).collect();
    let stored = Arc::new(Schema::new(of_files));
    let schema =
        TableSchema::builder(SchemaRef::clone(&stored)).with_table_partition_cols(of_folders.clone()).build();
    let statistics = sizes(files, &stored, schema.table_schema())?;
    let files = files.iter().map(|file| partitioned(file, &of_folders, &stored)).collect();
    let readings = Arc::new(Readings { marks, zone });
    let declared = SchemaRef::clone(declared);
    Ok(Arc::new(ForeignTable { declared, schema, files, statistics, store, readings }))
}

/// What any of the files says of a column's bytes.
fn marks_of(files: &[ForeignFile], name: &str) -> Marks {
    let of_file = |file: &ForeignFile| place_of(&file.schema, name).map(|place| file.marks(place));
    files.iter().filter_map(of_file).fold(Marks::default(), |all, one| Marks {
        uuid: all.uuid || one.uuid,
        untried: all.untried || one.untried,
    })
}

/// A file for the scan, with the values of its folders: by them alone files are left out unopened.
fn partitioned(file: &ForeignFile, of_folders: &[FieldRef], stored: &SchemaRef) -> PartitionedFile {
    // DataFusion passes the adapter by where a file's schema is the table's, also where it only took bytes for text. With a
    // note of its own no file's schema is.
    let noted = [("hale".to_owned(), "read by the adapter".to_owned())].into();
    let own = Arc::new(file.schema.as_ref().clone().with_metadata(noted));
    let mut scanned = PartitionedFile::from(file.meta.clone()).with_arrow_schema(own);
    let null = |field: &FieldRef| ScalarValue::try_from(field.data_type()).unwrap_or(ScalarValue::Null);
    let values = of_folders.iter().map(|field| file.folder_value(field).unwrap_or_else(|| null(field)));
    scanned.partition_values = values.collect();
    if of_folders.is_empty() {
        return scanned;
    }
    scanned.with_statistics(Arc::new(Statistics::new_unknown(stored)))
}

/// Rows and estimates of all files together.
fn sizes(files: &[ForeignFile], stored: &SchemaRef, all: &SchemaRef) -> Result<Statistics> {
    let of_file = |file: &ForeignFile| {
        let footer = believed(Arc::clone(&file.footer));
        let read = DFParquetMetadata::statistics_from_parquet_metadata(&footer, stored);
        let mut read = read.unwrap_or_else(|_| Statistics::new_unknown(stored));
        read.num_rows =
            Precision::Exact(usize::try_from(footer.file_metadata().num_rows()).unwrap_or_default());
        read.total_byte_size = Precision::Inexact(usize::try_from(file.meta.size).unwrap_or_default());
        estimates(read, stored)
    };
    let of_files: Vec<Statistics> = files.iter().map(of_file).collect();
    let mut together = Statistics::try_merge_iter(&of_files, stored)?;
    together.column_statistics.resize_with(all.fields().len(), Default::default);
    together.calculate_total_byte_size(all);
    Ok(together)
}

#[derive(Debug)]
struct ForeignTable {
    /// As declared.
    declared: SchemaRef,
    /// As scanned: columns of the files, then those of their folders.
    schema: TableSchema,
    files: Vec<PartitionedFile>,
    statistics: Statistics,
    store: ObjectStoreUrl,
    readings: Arc<Readings>,
}

#[async_trait]
impl TableProvider for ForeignTable {
    fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.declared)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let runtime = state.runtime_env();
        let store = runtime.object_store(&self.store)?;
        let footers = runtime.cache_manager.get_file_metadata_cache();
        let global = state.config_options().execution.parquet.clone();
        let mut options = TableParquetOptions { global, ..TableParquetOptions::default() };
        // In microseconds Spark's timestamps reach as far as SQL's; nanoseconds would wrap around in 1677 and 2262.
        options.global.coerce_int96 = Some("us".to_owned());
        let source = ParquetSource::new(self.schema.clone())
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(WaryReaders::new(store, footers)));
        let scanned = self.schema.table_schema();
        let all: Vec<usize> = (0..self.declared.fields().len()).collect();
        let places = projection
            .unwrap_or(&all)
            .iter()
            .map(|place| scanned.index_of(self.declared.field(*place).name()));
        let places = places.collect::<std::result::Result<Vec<_>, _>>()?;
        let groups = FileGroup::new(self.files.clone()).split_files(state.config().target_partitions());
        let scan = FileScanConfigBuilder::new(self.store.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(self.statistics.clone())
            .with_projection_indices(Some(places))?
            .with_limit(limit)
            .with_expr_adapter(Some(Arc::clone(&self.readings) as _))
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}
