//! The files of one table: rows are cut into row groups, encoded by several tasks, and put together in order.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use chrono::NaiveDate;
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::encode::{CHUNK_ROWS, GROUP_BYTES, GROUP_ROWS, RowGroup};
use super::file::{Part, TableOutput};
use super::staged::{StagedFile, WriteContext};
use crate::error::{Error, Result};

/// Files that may be on their way to the storage beside those being encoded.
const FILES_UNDER_WAY: usize = 16;

/// The files of a table: one open, others being encoded and written behind it.
pub(super) struct Files {
    output: Arc<TableOutput>,
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
    parts: mpsc::Sender<Part>,
}

impl Files {
    /// Files of a table, whose row groups are encoded by these encoders.
    pub(super) fn new(output: &Arc<TableOutput>, encoders: &Arc<Semaphore>) -> Self {
        let consumer = MemoryConsumer::new(format!("writer of {}", output.table));
        Self {
            output: Arc::clone(output),
            encoders: Arc::clone(encoders),
            memory: consumer.register(&output.context.memory),
            open: None,
            under_way: JoinSet::new(),
            done: Vec::new(),
        }
    }

    /// As many encoders as there are threads.
    pub(super) fn encoders(context: &WriteContext) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(context.threads))
    }

    /// Makes the file of a day the open one.
    pub(super) async fn turn_to(&mut self, day: NaiveDate) -> Result<()> {
        if self.open.as_ref().is_some_and(|open| open.day == Some(day)) {
            return Ok(());
        }
        self.close().await?;
        self.open(Some(day));
        Ok(())
    }

    /// Opens a file: of a day, or of the whole table.
    pub(super) fn open(&mut self, day: Option<NaiveDate>) {
        let (parts, receiver) = mpsc::channel(self.output.context.threads);
        self.under_way.spawn(Arc::clone(&self.output).write_file(day, receiver));
        self.open =
            Some(OpenFile { day, group: Vec::new(), rows: 0, chunk_rows: CHUNK_ROWS, bytes: 0, parts });
    }

    /// Appends rows to the open file.
    pub(super) async fn push(&mut self, mut rows: RecordBatch) -> Result<()> {
        while rows.num_rows() > 0 {
            let Some(open) = &mut self.open else {
                return Err(Error::Bug(format!("rows of {} without a file", self.output.table)));
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
        let (output, memory) = (Arc::clone(&self.output), self.memory.split(bytes));
        let task = SpawnedTask::spawn(async move {
            let encoded = output.format.encode(&group);
            drop((group, memory, permit));
            encoded
        });
        let sent = open.parts.send(Part::Group { rows, task }).await;
        self.told(sent.is_ok()).await
    }

    /// Ends the open file; its bytes follow behind.
    async fn close(&mut self) -> Result<()> {
        if self.open.as_ref().is_some_and(|open| open.rows > 0) {
            self.encode().await?;
        }
        if let Some(open) = self.open.take() {
            let sent = open.parts.send(Part::End).await;
            self.told(sent.is_ok()).await?;
        }
        self.wait_for(self.output.context.threads + FILES_UNDER_WAY).await
    }

    /// A file's task that does not listen any more has failed, and says why.
    async fn told(&mut self, listens: bool) -> Result<()> {
        if listens {
            return Ok(());
        }
        self.wait_for(0).await?;
        Err(Error::Bug(format!("a file of {} ended early", self.output.table)))
    }

    /// Waits until no more than this many files are under way.
    async fn wait_for(&mut self, most: usize) -> Result<()> {
        while self.under_way.len() > most {
            match self.under_way.join_next().await {
                Some(Ok(file)) => self.done.push(file?),
                Some(Err(error)) => {
                    return Err(Error::Bug(format!("writing {}: {error}", self.output.table)));
                }
                None => break,
            }
        }
        Ok(())
    }

    /// Ends the last file and waits for all of them, which are then in the order of their names.
    pub(super) async fn finish(&mut self) -> Result<Vec<StagedFile>> {
        self.close().await?;
        self.wait_for(0).await?;
        let mut done = std::mem::take(&mut self.done);
        done.sort_by(|a, b| a.relative.cmp(&b.relative));
        Ok(done)
    }

    /// Waits until nothing of it is under way any more: no file comes after the table was removed.
    pub(super) async fn stop(mut self) {
        self.under_way.shutdown().await;
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

/// The bytes of the values of some rows: of a slice only its own, the same however the rows arrived.
fn value_bytes(rows: &RecordBatch) -> usize {
    let width = |column: &ArrayRef| match column.data_type() {
        DataType::Utf8View => column.as_string_view().lengths().map(|length| length as usize + 16).sum(),
        DataType::BinaryView => column.as_binary_view().lengths().map(|length| length as usize + 16).sum(),
        other => other.primitive_width().unwrap_or(1) * column.len(),
    };
    rows.columns().iter().map(width).sum()
}
