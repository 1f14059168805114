//! Parquet files with the same bytes for the same rows.
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::AsyncArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use crate::error::{Error, Result};

/// Columns whose values hardly repeat: differences pack well, dictionaries do not.
const RISING: [&str; 4] = ["event_id", "session_id", "occurred_at", "available_at"];

/// One file being written. It becomes visible when it is [finished](Self::finish).
pub(super) struct TableFile {
    writer: AsyncArrowWriter<BufWriter>,
    path: Path,
    rows: u64,
}

impl TableFile {
    /// Begins the file at `path`.
    pub(super) fn create(store: &Arc<dyn ObjectStore>, path: Path, schema: &Arc<Schema>) -> Result<Self> {
        let sink = BufWriter::new(Arc::clone(store), path.clone());
        let writer = AsyncArrowWriter::try_new(sink, Arc::clone(schema), Some(properties(schema)?))
            .map_err(|error| failed(&path, &error))?;
        Ok(Self { writer, path, rows: 0 })
    }

    /// Appends rows.
    pub(super) async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).await.map_err(|error| failed(&self.path, &error))
    }

    /// Completes the file and returns its rows and bytes.
    pub(super) async fn finish(mut self) -> Result<(u64, u64)> {
        self.writer.finish().await.map_err(|error| failed(&self.path, &error))?;
        Ok((self.rows, self.writer.bytes_written() as u64))
    }
}

fn properties(schema: &Schema) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(3).map_err(|error| Error::Bug(error.to_string()))?;
    let mut properties = WriterProperties::builder()
        .set_created_by("hale".to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(1_000_000));
    for name in RISING.into_iter().filter(|name| schema.column_with_name(name).is_some()) {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(name), false)
            .set_column_encoding(ColumnPath::from(name), Encoding::DELTA_BINARY_PACKED);
    }
    Ok(properties.build())
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::Transient(format!("could not write {path}: {error}"))
}
