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
use tokio::task::JoinSet;

use super::TableSpec;
use super::audit::Auditor;
use super::cast::Caster;
use super::file::TableOutput;
use super::files::Files;
use super::finding::Finding;
use super::staged::{StagedFile, WriteContext};
use crate::error::{Error, Result};

/// The files of a table and what its audits found.
pub(super) struct Written {
    pub files: Vec<StagedFile>,
    pub findings: Vec<Finding>,
}

/// Writes a table: its rows in the order of its sort key, in one stream, or where it is stored by day in several, each with
/// the days that follow those of the one before. These are audited and written side by side; neither files nor findings show it.
///
/// # Errors
/// Those of the streams; [`Error::Bug`] when the rows are not sorted, or a stream begins before the one before it has ended;
/// those of the storage.
pub(super) async fn write(
    context: &Arc<WriteContext>,
    spec: &TableSpec,
    parts: Vec<impl Stream<Item = Result<RecordBatch>> + Send + 'static>,
) -> Result<Written> {
    let output = Arc::new(TableOutput::new(context, spec)?);
    let encoders = Files::encoders(context);
    let mut tasks = JoinSet::new();
    for (place, rows) in parts.into_iter().enumerate() {
        let (pass, mut files) = (Pass::new(spec)?, Files::new(&output, &encoders));
        tasks.spawn(async move {
            let part = pass.over(rows, &mut files).await;
            if part.is_err() {
                files.stop().await;
            }
            part.map(|part| (place, part))
        });
    }
    match together(spec, &mut tasks).await {
        Ok(written) => Ok(written),
        Err(error) => {
            tasks.shutdown().await;
            output.remove().await;
            Err(error)
        }
    }
}

/// What all parts wrote and found, one behind the other.
async fn together(spec: &TableSpec, tasks: &mut JoinSet<Result<(usize, Part)>>) -> Result<Written> {
    let mut parts = Vec::new();
    while let Some(part) = tasks.join_next().await {
        parts.push(part.map_err(|error| Error::Bug(format!("writing {spec}: {error}")))??);
    }
    parts.sort_by_key(|(place, _)| *place);
    let is_any = |part: &Part| !part.files.is_empty() || part.has_findings();
    let mut parts = parts.into_iter().map(|(_, part)| part).filter(is_any);
    let Some(mut all) = parts.next() else { return Ok(Written { files: Vec::new(), findings: Vec::new() }) };
    for part in parts {
        all.append(spec, part)?;
    }
    Ok(all.written())
}

/// What was made of one stream: every rule in the order of the contract, broken or not.
struct Part {
    files: Vec<StagedFile>,
    findings: Vec<Finding>,
}

impl Part {
    fn has_findings(&self) -> bool {
        self.findings.iter().any(|finding| finding.rows > 0)
    }

    fn append(&mut self, spec: &TableSpec, later: Self) -> Result<()> {
        let (last, first) = (self.files.last(), later.files.first());
        if last.zip(first).is_some_and(|(last, first)| last.day >= first.day) {
            return Err(Error::Bug(format!("the days of {spec} come in parts that overlap")));
        }
        self.files.extend(later.files);
        for (finding, later) in self.findings.iter_mut().zip(later.findings) {
            finding.append(later);
        }
        Ok(())
    }

    fn written(self) -> Written {
        let findings = self.findings.into_iter().filter(|finding| finding.rows > 0).collect();
        Written { files: self.files, findings }
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
    fn new(spec: &TableSpec) -> Result<Self> {
        let day = spec.by_day.as_deref().map(|column| spec.index_of(column)).transpose()?;
        let caster = Caster::new(spec)?;
        let auditor = Auditor::new(spec, caster.schema())?;
        Ok(Self { table: spec.to_string(), day, caster, auditor })
    }

    /// Sends all rows on their way into files and waits until they are there.
    async fn over(
        mut self,
        rows: impl Stream<Item = Result<RecordBatch>> + Send,
        files: &mut Files,
    ) -> Result<Part> {
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
        Ok(Part { files: files.finish().await?, findings: self.auditor.finish() })
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
