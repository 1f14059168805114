//! Writes one sorted stream of rows into staged files, auditing what it writes.
//!
//! ```text
//! stream ──► cast ──► audit ──► cut into days and row groups ──► encode (several at once) ──► files, in order
//! ```
//!
//! Everything up to the cut runs in the order of the rows; row groups are encoded by as many tasks as there are
//! threads; each file puts its own together in their order. Neither the number of threads nor how the rows arrived
//! in batches can be seen in the bytes.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::Date32Type;
use arrow::temporal_conversions::date32_to_datetime;
use chrono::NaiveDate;
use futures::{Stream, TryStreamExt};

use super::TableSpec;
use super::audit::Auditor;
use super::cast::Caster;
use super::file::TableOutput;
use super::files::Files;
use super::finding::Finding;
use super::staging::{StagedFile, WriteContext};
use crate::error::{Error, Result};

/// The files of a table and what its audits found.
pub(super) struct Written {
    pub files: Vec<StagedFile>,
    pub findings: Vec<Finding>,
}

/// Writes a table: the rows of `stream`, in the order of its sort key.
///
/// # Errors
/// Those of the stream; [`Error::Bug`] when the rows are not sorted; those of the storage.
pub(super) async fn write(
    context: &Arc<WriteContext>,
    spec: &TableSpec,
    rows: impl Stream<Item = Result<RecordBatch>> + Send,
) -> Result<Written> {
    let day = spec.by_day.as_deref().map(|column| spec.index_of(column)).transpose()?;
    let caster = Caster::new(spec)?;
    let auditor = Auditor::new(spec, caster.schema())?;
    let mut files = Files::new(context, spec)?;
    match (Pass { table: spec.to_string(), day, caster, auditor }).over(rows, &mut files).await {
        Ok(written) => Ok(written),
        Err(error) => {
            files.give_up().await;
            Err(error)
        }
    }
}

/// What happens to each batch of a table.
struct Pass {
    table: String,
    /// The column by which rows are cut into days.
    day: Option<usize>,
    caster: Caster,
    auditor: Auditor,
}

impl Pass {
    /// Sends all rows on their way into files and waits until they are there.
    async fn over(
        mut self,
        rows: impl Stream<Item = Result<RecordBatch>> + Send,
        files: &mut Files,
    ) -> Result<Written> {
        let mut rows = std::pin::pin!(rows);
        if self.day.is_none() {
            files.open(None);
        }
        while let Some(batch) = rows.try_next().await? {
            let cast = self.caster.cast(&batch)?;
            self.auditor.observe(&cast)?;
            match self.day {
                None => files.push(cast.batch).await?,
                Some(index) => {
                    for (day, rows) in days(cast.batch.column(index), &self.table)? {
                        files.turn_to(day).await?;
                        files.push(cast.batch.slice(rows.start, rows.len())).await?;
                    }
                }
            }
        }
        Ok(Written { files: files.finish().await?, findings: self.auditor.finish() })
    }
}

/// Writes the file of a day that has no rows, so that it is there to be read.
pub(super) async fn write_empty(
    context: &Arc<WriteContext>,
    spec: &TableSpec,
    day: NaiveDate,
) -> Result<StagedFile> {
    Arc::new(TableOutput::new(context, spec)?).write_empty(day).await
}

/// The runs of rows of the same day. Rows without a day are in none: an audit reports them.
fn days(column: &ArrayRef, table: &str) -> Result<Vec<(NaiveDate, Range<usize>)>> {
    let Some(dates) = column.as_primitive_opt::<Date32Type>() else {
        return Err(Error::Bug(format!("the day of {table} is no DATE")));
    };
    let filled = dates.len() - dates.null_count();
    let values = &dates.values()[..filled];
    let mut runs = Vec::new();
    let mut start = 0;
    for run in values.chunk_by(|a, b| a == b) {
        let day = date32_to_datetime(run[0]).map(|at| at.date());
        let day = day.ok_or_else(|| Error::Bug(format!("day {} of {table} is in no calendar", run[0])))?;
        runs.push((day, start..start + run.len()));
        start += run.len();
    }
    Ok(runs)
}
