//! Parquet files with the same bytes for the same rows.
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::AsyncArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::ids::Naming;
use crate::error::{Error, Result};

/// Columns whose values hardly repeat: differences pack well, dictionaries do not.
const RISING: [&str; 4] = ["event_id", "session_id", "occurred_at", "available_at"];

/// Where files are written, and by how many threads.
#[derive(Clone)]
pub(super) struct Place {
    /// The store.
    pub(super) store: Arc<dyn ObjectStore>,
    /// The folder in it.
    pub(super) folder: Path,
    /// How much may be done at a time.
    pub(super) threads: usize,
    /// How ids look.
    pub(super) naming: Naming,
}

/// What was written to a file.
pub(super) struct Written {
    /// The file, under the folder.
    pub(super) file: String,
    /// How many rows.
    pub(super) rows: u64,
    /// How many bytes.
    pub(super) bytes: u64,
}

impl Place {
    /// The path of something under the folder.
    pub(super) fn at(&self, name: &str) -> Path {
        name.split('/').fold(self.folder.clone(), |path, part| path.join(part))
    }

    /// Writes a whole table.
    pub(super) async fn write_table(&self, name: &str, rows: &RecordBatch) -> Result<Written> {
        let mut file = TableFile::create(self, name, &rows.schema())?;
        file.write(rows).await?;
        file.finish().await
    }
}

/// One file being written. It becomes visible when it is [finished](Self::finish).
pub(super) struct TableFile {
    writer: AsyncArrowWriter<BufWriter>,
    name: String,
    naming: Naming,
    rows: u64,
}

impl TableFile {
    /// Begins a file.
    pub(super) fn create(place: &Place, name: &str, schema: &Arc<Schema>) -> Result<Self> {
        let sink = BufWriter::new(Arc::clone(&place.store), place.at(name));
        let schema = place.naming.schema(schema);
        let writer = AsyncArrowWriter::try_new(sink, Arc::clone(&schema), Some(properties(&schema)?))
            .map_err(|error| failed(name, &error))?;
        Ok(Self { writer, name: name.to_owned(), naming: place.naming, rows: 0 })
    }

    /// Appends rows.
    pub(super) async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        let batch = self.naming.rows(batch).map_err(unfit)?;
        self.writer.write(&batch).await.map_err(|error| failed(&self.name, &error))
    }

    /// Completes the file.
    pub(super) async fn finish(mut self) -> Result<Written> {
        self.writer.finish().await.map_err(|error| failed(&self.name, &error))?;
        Ok(Written { rows: self.rows, bytes: self.writer.bytes_written() as u64, file: self.name })
    }
}

fn properties(schema: &Schema) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(3).map_err(|error| Error::Bug(error.to_string()))?;
    let mut properties = WriterProperties::builder()
        .set_created_by("hale".to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(1_000_000));
    let is_number =
        |name: &&str| schema.field_with_name(name).is_ok_and(|field| !field.data_type().is_string());
    for name in RISING.into_iter().filter(is_number) {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(name), false)
            .set_column_encoding(ColumnPath::from(name), Encoding::DELTA_BINARY_PACKED);
    }
    Ok(properties.build())
}

fn failed(file: &str, error: &dyn std::fmt::Display) -> Error {
    Error::transient(format!("could not write {file}: {error}"))
}

/// That rows do not fit their columns, which is a fault of ours.
pub(super) fn unfit(error: ArrowError) -> Error {
    Error::Bug(error.to_string())
}
