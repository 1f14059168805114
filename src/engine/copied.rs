//! Rows of a plan, computed once into local files for all that read them.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::runtime::JoinSet;
use datafusion::common::{exec_datafusion_err, internal_err};
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::Result;
use datafusion::execution::spill_file::{SpillFile, SpillWriter};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlanProperties;
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::Session;
use super::scans::rows_read;
use super::sources::parquet_files;

/// Rows of a group: what a writer holds of a partition before it is on disk.
const GROUP: usize = 128 * 1024;

/// A copy of rows; its files are gone when it is dropped.
pub(crate) struct Copied {
    /// The rows, as a table.
    pub(crate) table: Arc<dyn TableProvider>,
    /// How many rows were read from files to make it.
    pub(crate) rows_read: u64,
    _files: Vec<Arc<dyn SpillFile>>,
}

/// A file that is being written, and its writer.
type Begun = (ArrowWriter<Box<dyn SpillWriter>>, Arc<dyn SpillFile>);

/// Computes the rows of a plan into files in the folder for temporary files, one for each partition that has rows.
///
/// # Errors
/// What the engine says of rows that cannot be computed with; what the disk says.
pub(crate) async fn copied(session: &Session, plan: LogicalPlan) -> Result<Copied> {
    let state = session.state();
    let plan = state.create_physical_plan(&plan).await?;
    let context = session.context().task_ctx();
    let schema = plan.schema();
    let mut tasks = JoinSet::new();
    for partition in 0..plan.output_partitioning().partition_count() {
        let rows = plan.execute(partition, Arc::clone(&context))?;
        tasks.spawn(written(rows, Arc::clone(&context)));
    }
    let mut files = Vec::new();
    while let Some(task) = tasks.join_next().await {
        files.extend(task.map_err(|error| exec_datafusion_err!("copying rows: {error}"))??);
    }
    let table = table(&files, &schema)?;
    Ok(Copied { table, rows_read: rows_read(&plan), _files: files })
}

fn table(files: &[Arc<dyn SpillFile>], schema: &SchemaRef) -> Result<Arc<dyn TableProvider>> {
    if files.is_empty() {
        return Ok(Arc::new(EmptyTable::new(Arc::clone(schema))));
    }
    let paths: Option<Vec<_>> = files.iter().map(|file| file.path()).collect();
    let Some(paths) = paths else { return internal_err!("temporary files that lie nowhere") };
    parquet_files(&paths, schema)
}

/// The rows of a partition in a file; `None` where there are none.
async fn written(
    mut rows: SendableRecordBatchStream,
    context: Arc<TaskContext>,
) -> Result<Option<Arc<dyn SpillFile>>> {
    let mut writer: Option<Begun> = None;
    while let Some(batch) = rows.try_next().await? {
        if batch.num_rows() == 0 {
            continue;
        }
        let (to, _) = match &mut writer {
            Some(begun) => begun,
            None => writer.insert(begun(&context, batch.schema())?),
        };
        to.write(&batch)?;
    }
    let Some((writer, file)) = writer else { return Ok(None) };
    writer.into_inner()?.finish()?;
    Ok(Some(file))
}

/// A temporary file, and what writes rows into it.
fn begun(context: &TaskContext, schema: SchemaRef) -> Result<Begun> {
    let disk = &context.runtime_env().disk_manager;
    let file = disk.create_tmp_file("rows that are read more than once")?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_max_row_group_row_count(Some(GROUP));
    let writer = ArrowWriter::try_new(file.open_writer()?, schema, Some(properties.build()))?;
    Ok((writer, file))
}
