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
use arrow::datatypes::{DataType, Date32Type};
use arrow::temporal_conversions::date32_to_datetime;
use chrono::NaiveDate;
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use futures::{Stream, TryStreamExt};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::audit::Auditor;
use super::cast::Caster;
use super::encode::{CHUNK_ROWS, EncodedGroup, FileBytes, FileFormat, GROUP_BYTES, GROUP_ROWS, RowGroup};
use super::finding::Finding;
use super::staging::{StagedFile, WriteContext};
use super::upload::Upload;
use super::{TableSpec, day_folder};
use crate::error::{Error, Result};

/// Files that may be on their way to the storage beside those being encoded.
const FILES_UNDER_WAY: usize = 16;

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
    let mut rows = std::pin::pin!(rows);
    let caster = Caster::new(spec)?;
    let mut auditor = Auditor::new(spec, caster.schema())?;
    let day = spec.by_day.as_deref().map(|column| spec.index_of(column)).transpose()?;
    let mut files = Files::new(context, spec, FileFormat::new(spec, caster.schema())?);
    if day.is_none() {
        files.open(None)?;
    }
    while let Some(batch) = rows.try_next().await? {
        let cast = caster.cast(&batch)?;
        auditor.observe(&cast)?;
        match day {
            None => files.push(cast.batch).await?,
            Some(index) => {
                for (day, rows) in days(cast.batch.column(index), &files.table)? {
                    files.turn_to(day).await?;
                    files.push(cast.batch.slice(rows.start, rows.len())).await?;
                }
            }
        }
    }
    Ok(Written { files: files.finish().await?, findings: auditor.finish() })
}

/// Writes the file of a day that has no rows, so that it is there to be read.
pub(super) async fn write_empty(
    context: &Arc<WriteContext>,
    spec: &TableSpec,
    day: NaiveDate,
) -> Result<StagedFile> {
    let format = Arc::new(FileFormat::new(spec, &spec.stored_schema()?)?);
    let (_, none) = mpsc::channel(1);
    put_together(Arc::clone(context), format, spec.folder(), Some(day), none).await
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

/// The files of a table: one open, others being encoded and written behind it.
struct Files {
    context: Arc<WriteContext>,
    table: String,
    folder: String,
    format: Arc<FileFormat>,
    encoders: Arc<Semaphore>,
    memory: MemoryReservation,
    open: Option<OpenFile>,
    under_way: JoinSet<Result<StagedFile>>,
    done: Vec<StagedFile>,
}

/// The file that takes rows now.
struct OpenFile {
    day: Option<NaiveDate>,
    group: RowGroup,
    /// Rows of the group, and of its last chunk.
    rows: usize,
    chunk_rows: usize,
    bytes: usize,
    groups: mpsc::Sender<GroupUnderWay>,
}

/// A row group that some task encodes.
struct GroupUnderWay {
    rows: usize,
    task: SpawnedTask<Result<EncodedGroup>>,
}

impl Files {
    fn new(context: &Arc<WriteContext>, spec: &TableSpec, format: FileFormat) -> Self {
        let consumer = MemoryConsumer::new(format!("writer of {spec}"));
        Self {
            context: Arc::clone(context),
            table: spec.to_string(),
            folder: spec.folder(),
            format: Arc::new(format),
            encoders: Arc::new(Semaphore::new(context.threads)),
            memory: consumer.register(&context.memory),
            open: None,
            under_way: JoinSet::new(),
            done: Vec::new(),
        }
    }

    /// Makes the file of a day the open one.
    async fn turn_to(&mut self, day: NaiveDate) -> Result<()> {
        if self.open.as_ref().is_some_and(|open| open.day == Some(day)) {
            return Ok(());
        }
        self.close().await?;
        self.open(Some(day))
    }

    fn open(&mut self, day: Option<NaiveDate>) -> Result<()> {
        let (groups, receiver) = mpsc::channel(self.context.threads);
        let (context, format) = (Arc::clone(&self.context), Arc::clone(&self.format));
        self.under_way.spawn(put_together(context, format, self.folder.clone(), day, receiver));
        self.open =
            Some(OpenFile { day, group: Vec::new(), rows: 0, chunk_rows: CHUNK_ROWS, bytes: 0, groups });
        Ok(())
    }

    /// Appends rows to the open file.
    async fn push(&mut self, mut rows: RecordBatch) -> Result<()> {
        while rows.num_rows() > 0 {
            let Some(open) = &mut self.open else {
                return Err(Error::Bug(format!("rows of {} without a file", self.table)));
            };
            let taken = open.take(&mut rows);
            self.memory.grow(taken);
            if open.is_full() {
                self.encode().await?;
            }
        }
        Ok(())
    }

    /// Hands the rows of the open file to a task.
    async fn encode(&mut self) -> Result<()> {
        let permit = Arc::clone(&self.encoders).acquire_owned().await;
        let permit = permit.map_err(|error| Error::Bug(error.to_string()))?;
        let Some(open) = &mut self.open else { return Ok(()) };
        let (rows, bytes) = (open.rows, open.bytes);
        let group = open.take_group();
        let (format, memory) = (Arc::clone(&self.format), self.memory.split(bytes));
        let task = SpawnedTask::spawn(async move {
            let encoded = format.encode(&group);
            drop((group, memory, permit));
            encoded
        });
        if open.groups.send(GroupUnderWay { rows, task }).await.is_err() {
            // The file's task is over before its rows are: it failed, and says why.
            self.wait_for(0).await?;
            return Err(Error::Bug(format!("a file of {} ended early", self.table)));
        }
        Ok(())
    }

    /// Ends the open file; its bytes follow behind.
    async fn close(&mut self) -> Result<()> {
        if self.open.as_ref().is_some_and(|open| open.rows > 0) {
            self.encode().await?;
        }
        self.open = None;
        self.wait_for(self.context.threads + FILES_UNDER_WAY).await
    }

    /// Waits until no more than this many files are under way.
    async fn wait_for(&mut self, most: usize) -> Result<()> {
        while self.under_way.len() > most {
            match self.under_way.join_next().await {
                Some(Ok(file)) => self.done.push(file?),
                Some(Err(error)) => return Err(Error::Bug(format!("writing {}: {error}", self.table))),
                None => break,
            }
        }
        Ok(())
    }

    /// Ends the last file and waits for all of them.
    async fn finish(mut self) -> Result<Vec<StagedFile>> {
        self.close().await?;
        self.wait_for(0).await?;
        self.done.sort_by(|a, b| a.relative.cmp(&b.relative));
        Ok(self.done)
    }
}

impl OpenFile {
    /// Moves rows into the group, at most up to the end of a chunk; returns their bytes.
    fn take(&mut self, rows: &mut RecordBatch) -> usize {
        if self.chunk_rows == CHUNK_ROWS {
            self.group.push(Vec::new());
            self.chunk_rows = 0;
        }
        let count = rows.num_rows().min(CHUNK_ROWS - self.chunk_rows);
        let piece = rows.slice(0, count);
        *rows = rows.slice(count, rows.num_rows() - count);
        let bytes = value_bytes(&piece);
        self.rows += count;
        self.chunk_rows += count;
        self.bytes += bytes;
        if let Some(chunk) = self.group.last_mut() {
            chunk.push(piece);
        }
        bytes
    }

    /// Whether a row group ends here; only at the end of a chunk, so that it depends on the rows alone.
    fn is_full(&self) -> bool {
        self.chunk_rows == CHUNK_ROWS && (self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES)
    }

    fn take_group(&mut self) -> RowGroup {
        (self.rows, self.chunk_rows, self.bytes) = (0, CHUNK_ROWS, 0);
        std::mem::take(&mut self.group)
    }
}

/// Writes one file of the row groups that arrive, in their order.
async fn put_together(
    context: Arc<WriteContext>,
    format: Arc<FileFormat>,
    folder: String,
    day: Option<NaiveDate>,
    mut groups: mpsc::Receiver<GroupUnderWay>,
) -> Result<StagedFile> {
    let relative = match day {
        Some(day) => format!("{}/part-0000.parquet", day_folder(&folder, day)),
        None => format!("{folder}/part-0000.parquet"),
    };
    let guard = Arc::clone(&context.writes).read_owned().await;
    let mut upload = Upload::begin(&context.storage, context.staged(&relative), guard)?;
    match append_all(format.begin(day)?, &mut groups, &mut upload).await {
        Ok(rows) => {
            let uploaded = upload.finish().await?;
            Ok(StagedFile { relative, day, rows, bytes: uploaded.bytes, e_tag: uploaded.e_tag })
        }
        Err(error) => {
            upload.discard().await;
            Err(error)
        }
    }
}

/// Sends a file's bytes on as its row groups arrive; returns its rows.
async fn append_all(
    mut file: FileBytes,
    groups: &mut mpsc::Receiver<GroupUnderWay>,
    upload: &mut Upload,
) -> Result<u64> {
    let mut rows = 0;
    while let Some(group) = groups.recv().await {
        rows += group.rows as u64;
        let encoded = group.task.await.map_err(|error| Error::Bug(format!("encoding rows: {error}")))??;
        upload.push(file.append(encoded)?).await?;
    }
    upload.push(file.finish()?).await?;
    Ok(rows)
}

/// The bytes of the values of some rows: of a slice only its own, the same however the rows arrived.
fn value_bytes(rows: &RecordBatch) -> usize {
    let width = |column: &ArrayRef| match column.data_type() {
        DataType::Utf8View => column.as_string_view().lengths().map(|length| length as usize + 16).sum(),
        DataType::BinaryView => column.as_binary_view().lengths().map(|length| length as usize + 16).sum(),
        other => other.primitive_width().unwrap_or(1) * column.len(),
    };
    rows.columns().iter().map(width).sum()
}
