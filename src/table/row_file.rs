//! A published file, read again in the order in which its rows were written.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::storage::Storage;

/// A Parquet file of a storage.
pub(crate) struct RowFile<'a> {
    pub(crate) storage: &'a Storage,
    pub(crate) path: String,
    size: u64,
}

impl<'a> RowFile<'a> {
    pub(crate) fn new(storage: &'a Storage, path: String, size: u64) -> Self {
        Self { storage, path, size }
    }

    /// Reads its footer; its rows are there to be asked for.
    ///
    /// # Errors
    /// [`Error::Project`] where it is no sound Parquet; what storage says.
    pub(crate) async fn open(&self) -> Result<ParquetRecordBatchStreamBuilder<FileBytes>> {
        let store = Arc::clone(self.storage.store());
        let reader = FileBytes { store, path: self.storage.location(&self.path)?, size: self.size };
        ParquetRecordBatchStreamBuilder::new(reader).await.map_err(|error| self.failed(error))
    }

    /// What reading it says.
    pub(crate) fn failed(&self, error: ParquetError) -> Error {
        failed(self.storage, &self.path, error)
    }
}

/// What reading a file says.
pub(crate) fn failed(storage: &Storage, path: &str, error: ParquetError) -> Error {
    if let ParquetError::External(cause) = error {
        return match cause.downcast::<object_store::Error>() {
            Ok(source) => storage.failed("read", path, *source),
            Err(other) => damaged(storage, path, &other.to_string()),
        };
    }
    damaged(storage, path, &error.to_string())
}

fn damaged(storage: &Storage, path: &str, why: &str) -> Error {
    let message = format!("{}/{path} cannot be read: {why}", storage.shown());
    let problem = Diagnostic::error("damaged-object", message);
    Error::Project(problem.help("`hale verify` names what is damaged; restore it from a backup").into())
}

/// The bytes of a file, as they are asked for.
pub(crate) struct FileBytes {
    store: Arc<dyn ObjectStore>,
    path: Path,
    size: u64,
}

impl AsyncFileReader for FileBytes {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        let read = self.store.get_range(&self.path, range);
        read.map(|read| read.map_err(|source| ParquetError::External(Box::new(source)))).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            let size = self.size;
            let reader = ParquetMetaDataReader::new().with_arrow_reader_options(options);
            reader.load_and_finish(self, size).await.map(Arc::new)
        }
        .boxed()
    }
}
