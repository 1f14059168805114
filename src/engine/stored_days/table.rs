//! The files of some days as one table.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, RecordBatch};
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{DFSchema, Result, SplitPoint, Statistics, plan_err};
use datafusion::datasource::TableType;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingTableUrl, PartitionedFile};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{Partitioning, PhysicalSortExpr, RangePartitioning};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::scalar::ScalarValue;
use object_store::ObjectMeta;
use url::Url;

use super::in_order::InOrderExec;

/// The order of stored rows.
const ASCENDING: SortOptions = SortOptions { descending: false, nulls_first: false };

/// Bytes of rows in memory for each byte of a file, roughly: what the choice of a join's sides is made by.
const BYTES_IN_MEMORY: usize = 5;

/// Bytes of a file for each row, roughly.
const BYTES_A_ROW: usize = 10;

/// Bytes of a few days for which reading them in order is not worth that some threads have nothing to read.
const MANY_BYTES: u64 = 16 << 20;

/// A file, and the day that all its rows are of.
#[derive(Debug, Clone)]
pub struct DayFile {
    /// The day.
    pub day: NaiveDate,
    /// Where it lies.
    pub url: Url,
    /// How large it is.
    pub bytes: u64,
    /// When it was written: what tells it from an earlier file of the same name and size.
    pub modified: DateTime<Utc>,
}

impl DayFile {
    fn located(&self, url: &ListingTableUrl) -> DatedFile {
        let meta = ObjectMeta {
            location: url.prefix().clone(),
            last_modified: self.modified,
            size: self.bytes,
            e_tag: None,
            version: None,
        };
        (Date32Type::from_naive_date(self.day), PartitionedFile::from(meta))
    }
}

/// The rows of some days' files, all in one storage, as a table of the declared columns; `order` are the columns that the
/// rows of each file are sorted by, the day first.
///
/// # Errors
/// When a URL is none that the engine can read from, or `order` is empty or names what is no column.
pub fn day_table(files: &[DayFile], schema: &SchemaRef, order: &[String]) -> Result<Arc<dyn TableProvider>> {
    let order = order.iter().map(|column| Ok(schema.index_of(column)?)).collect::<Result<Vec<_>>>()?;
    if order.is_empty() {
        return plan_err!("the rows of a day come in no order");
    }
    let urls = files.iter().map(|file| ListingTableUrl::parse(&file.url)).collect::<Result<Vec<_>>>()?;
    let Some(store) = urls.first().map(ListingTableUrl::object_store) else {
        return Ok(Arc::new(EmptyTable::new(SchemaRef::clone(schema))));
    };
    let mut files: Vec<DatedFile> = files.iter().zip(&urls).map(|(file, url)| file.located(url)).collect();
    files.sort_by(|a, b| (a.0, &a.1.object_meta.location).cmp(&(b.0, &b.1.object_meta.location)));
    Ok(Arc::new(DayTable { store, schema: SchemaRef::clone(schema), order, files }))
}

type DatedFile = (i32, PartitionedFile);

#[derive(Debug)]
struct DayTable {
    store: ObjectStoreUrl,
    schema: SchemaRef,
    /// What rows are sorted by, the day first.
    order: Vec<usize>,
    files: Vec<DatedFile>,
}

#[async_trait]
impl TableProvider for DayTable {
    fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
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
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.files_of_days(state, filters)?;
        let partitions = state.config().target_partitions();
        let format = ParquetFormat::default();
        let source = format.file_source(TableSchema::from(SchemaRef::clone(&self.schema)));
        let scan = FileScanConfigBuilder::new(self.store.clone(), source)
            .with_statistics(estimated(&files, &self.schema))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit);
        if are_few_and_large(&files, partitions) {
            let files = files.into_iter().map(|(_, file)| file.clone());
            let scan = scan.with_file_groups(files.map(|file| FileGroup::new(vec![file])).collect());
            return format.create_physical_plan(state, scan.build()).await;
        }
        let (groups, splits) = dealt(&files, partitions);
        let scan = scan
            .with_file_groups(groups)
            .with_preserve_order(true)
            .with_output_partitioning(Some(self.ranges(splits)?))
            .build();
        let rows = format.create_physical_plan(state, scan).await?;
        let place = |column: &usize| match projection {
            Some(projection) => projection.iter().position(|projected| projected == column),
            None => Some(*column),
        };
        let order: Vec<usize> = self.order.iter().map_while(place).collect();
        Ok(if order.is_empty() { rows } else { Arc::new(InOrderExec::new(rows, order)) })
    }
}

impl DayTable {
    /// Ranges of days that begin at these days, but for the first.
    fn ranges(&self, splits: Vec<SplitPoint>) -> Result<Partitioning> {
        let day = self.order.first().copied().unwrap_or_default();
        let day = PhysicalSortExpr::new(Arc::new(Column::new(self.schema.field(day).name(), day)), ASCENDING);
        RangePartitioning::try_new([day].into(), splits).map(Partitioning::Range)
    }

    /// The files of the days that filters let through, as far as they are about the day alone.
    fn files_of_days(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<&DatedFile>> {
        let Some(day) = self.order.first().map(|day| self.schema.field(*day).name()) else {
            return Ok(Vec::new());
        };
        let schema = Arc::new(Schema::new(vec![Field::new(day, DataType::Date32, true)]));
        let days: ArrayRef = Arc::new(self.files.iter().map(|(day, _)| Some(*day)).collect::<Date32Array>());
        let days = RecordBatch::try_new(Arc::clone(&schema), vec![days])?;
        let schema = DFSchema::try_from(schema)?;
        let mut kept = vec![true; self.files.len()];
        for filter in filters {
            let columns = filter.column_refs();
            if !columns.iter().all(|column| column.name == *day) || filter.is_volatile() {
                continue;
            }
            let bare = unqualified(filter.clone())?;
            let holds =
                state.create_physical_expr(bare, &schema)?.evaluate(&days)?.into_array(days.num_rows())?;
            let Some(holds) = holds.as_boolean_opt() else { continue };
            kept.iter_mut().enumerate().for_each(|(file, kept)| *kept &= is_true(holds, file));
        }
        Ok(self.files.iter().zip(kept).filter_map(|(file, kept)| kept.then_some(file)).collect())
    }
}

fn is_true(holds: &BooleanArray, row: usize) -> bool {
    holds.is_valid(row) && holds.value(row)
}

/// Whether threads would be idle if each day were read by one alone, and much is to be read.
fn are_few_and_large(files: &[&DatedFile], partitions: usize) -> bool {
    let mut days: Vec<i32> = files.iter().map(|(day, _)| *day).collect();
    days.dedup();
    let bytes = files.iter().map(|(_, file)| file.object_meta.size).sum::<u64>();
    days.len() < partitions && bytes > MANY_BYTES
}

/// The same filter over columns without the name of their table.
fn unqualified(filter: Expr) -> Result<Expr> {
    let bare = filter.transform(|part| match part {
        Expr::Column(column) if column.relation.is_some() => {
            Ok(Transformed::yes(Expr::Column(datafusion::common::Column::from_name(column.name))))
        }
        other => Ok(Transformed::no(other)),
    });
    bare.data()
}

/// Files dealt out to partitions in ranges of days, about as many bytes to each, and the first day of each but the first.
/// There are always as many partitions as asked for, some of them empty.
fn dealt(files: &[&DatedFile], partitions: usize) -> (Vec<FileGroup>, Vec<SplitPoint>) {
    let share = files
        .iter()
        .map(|(_, file)| file.object_meta.size)
        .sum::<u64>()
        .div_ceil(partitions.max(1) as u64)
        .max(1);
    let mut groups: Vec<Vec<PartitionedFile>> = vec![Vec::new()];
    let (mut splits, mut bytes, mut last) = (Vec::new(), 0, None);
    for (day, file) in files {
        if bytes >= share * groups.len() as u64 && groups.len() < partitions && last != Some(*day) {
            groups.push(Vec::new());
            splits.push(*day);
        }
        bytes += file.object_meta.size;
        last = Some(*day);
        if let Some(group) = groups.last_mut() {
            group.push(file.clone());
        }
    }
    let mut next = last.unwrap_or_default();
    while groups.len() < partitions {
        next += 1;
        groups.push(Vec::new());
        splits.push(next);
    }
    let splits = splits.into_iter().map(|day| SplitPoint::new(vec![ScalarValue::Date32(Some(day))]));
    (groups.into_iter().map(FileGroup::new).collect(), splits.collect())
}

/// How large the table is, roughly: nobody has looked into the files.
fn estimated(files: &[&DatedFile], schema: &Schema) -> Statistics {
    let bytes = files.iter().map(|(_, file)| file.object_meta.size as usize).sum::<usize>();
    Statistics {
        num_rows: Precision::Inexact(bytes / BYTES_A_ROW),
        total_byte_size: Precision::Inexact(bytes * BYTES_IN_MEMORY),
        ..Statistics::new_unknown(schema)
    }
}
