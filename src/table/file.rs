//! One staged file: its row groups, in their order, on their way to the storage.

use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::common::runtime::SpawnedTask;
use tokio::sync::mpsc;

use super::TableSpec;
use super::encode::{EncodedGroup, FileFormat};
use super::staged::{StagedFile, WriteContext};
use super::upload::{Upload, Writes};
use crate::error::{Error, Result};
use crate::project::layer::ModelName;
use crate::store::layout::plain_file;

/// What all files of a table share.
pub(super) struct TableOutput {
    pub context: Arc<WriteContext>,
    pub table: String,
    pub format: FileFormat,
    name: ModelName,
    folder: String,
    writes: Writes,
}

/// What a file is told.
pub(super) enum Part {
    /// Its next row group, which some task encodes.
    Group { rows: usize, task: SpawnedTask<Result<EncodedGroup>> },
    /// It is complete. A file that is told nothing more before it heard this never appears.
    End,
}

impl TableOutput {
    pub(super) fn new(context: &Arc<WriteContext>, spec: &TableSpec) -> Result<Self> {
        Ok(Self {
            context: Arc::clone(context),
            table: spec.to_string(),
            format: FileFormat::new(spec, &spec.stored_schema()?)?,
            name: spec.model()?,
            folder: spec.folder(),
            writes: Writes::default(),
        })
    }

    /// Writes one file of the row groups that it is told of.
    pub(super) async fn write_file(
        self: Arc<Self>,
        day: Option<NaiveDate>,
        mut parts: mpsc::Receiver<Part>,
    ) -> Result<StagedFile> {
        let relative = plain_file(&self.name, day);
        let writes = [&self.context.writes, &self.writes];
        let mut upload = Upload::begin(&self.context.storage, self.context.staged(&relative), writes).await?;
        match self.send(day, &mut parts, &mut upload).await {
            Ok(rows) => {
                let uploaded = upload.finish().await?;
                Ok(StagedFile { relative, day, rows, bytes: uploaded.bytes, hash: uploaded.hash })
            }
            Err(error) => {
                upload.discard().await;
                Err(error)
            }
        }
    }

    /// Writes a file without rows.
    pub(super) async fn write_empty(self: Arc<Self>, day: NaiveDate) -> Result<StagedFile> {
        let (sender, parts) = mpsc::channel(1);
        // The receiver is at hand, and the channel has room for one.
        let _ = sender.try_send(Part::End);
        self.write_file(Some(day), parts).await
    }

    /// Sends a file's bytes on as its row groups arrive; returns its rows.
    async fn send(
        &self,
        day: Option<NaiveDate>,
        parts: &mut mpsc::Receiver<Part>,
        upload: &mut Upload,
    ) -> Result<u64> {
        let failed = |what: String| Error::Bug(format!("writing {}: {what}", self.table));
        let mut file = self.format.begin(day)?;
        let mut rows_sent = 0;
        loop {
            match parts.recv().await {
                Some(Part::Group { rows, task }) => {
                    let encoded = task.await.map_err(|error| failed(error.to_string()))??;
                    upload.push(file.append(encoded)?).await?;
                    rows_sent += rows as u64;
                }
                Some(Part::End) => {
                    upload.push(file.finish()?).await?;
                    return Ok(rows_sent);
                }
                None => return Err(failed("given up before its end".to_owned())),
            }
        }
    }

    /// Removes what was written of the table, as soon as nothing of it is being written any more. When the storage
    /// fails, what stays is removed with the run.
    pub(super) async fn remove(&self) {
        self.writes.all_done().await;
        let _ = self.context.storage.delete_folder(&self.context.staged(&self.folder)).await;
    }
}
