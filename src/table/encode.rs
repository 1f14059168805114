//! Rows to the bytes of a Parquet file: the same bytes for the same rows, whoever encodes them and when.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use bytes::Bytes;
use chrono::NaiveDate;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, TypePtr};

use super::{TableSpec, stored_type};
use crate::error::{Error, Result};

/// Rows of a full row group: large enough for scans, small enough that a reader's threads each get some.
pub(super) const GROUP_ROWS: usize = 15 * CHUNK_ROWS;

/// Bytes of values after which a row group ends early, at the end of a chunk: what bounds the writer's memory.
pub(super) const GROUP_BYTES: usize = 128 << 20;

/// Rows handed to the encoders at once. Pages end within what is handed over, so it is counted from the first row of
/// a file and does not depend on how the rows arrived.
pub(super) const CHUNK_ROWS: usize = 8192;

/// zstd's own default: where more effort stops paying for columns like these.
const ZSTD_LEVEL: i32 = 3;

/// How the files of one table are written.
pub(super) struct FileFormat {
    table: String,
    schema: SchemaRef,
    root: TypePtr,
    properties: WriterPropertiesPtr,
    /// Of each column what makes its writers.
    columns: Vec<ArrowRowGroupWriterFactory>,
}

/// The rows of one row group as they arrived: chunks of [`CHUNK_ROWS`] rows (the last one shorter), each in pieces.
pub(super) type RowGroup = Vec<Vec<RecordBatch>>;

/// A row group, encoded and compressed, not yet in a file.
pub(super) type EncodedGroup = Vec<ArrowColumnChunk>;

impl FileFormat {
    /// The format of a table whose stored columns are `schema`.
    pub(super) fn new(spec: &TableSpec, schema: &SchemaRef) -> Result<Self> {
        let failed = |error| failed(&spec.to_string(), error);
        let root = ArrowSchemaConverter::new().convert(schema).map_err(failed)?.root_schema_ptr();
        let properties = Arc::new(properties(spec)?);
        let columns = schema.fields().iter().map(|field| writers_of(field, &properties));
        let columns = columns.collect::<Result<_, _>>().map_err(failed)?;
        Ok(Self { table: spec.to_string(), schema: SchemaRef::clone(schema), root, properties, columns })
    }

    /// Encodes and compresses the rows of a row group. Pure computation.
    pub(super) fn encode(&self, rows: &RowGroup) -> Result<EncodedGroup> {
        let failed = |error| failed(&self.table, error);
        let chunks = rows.iter().map(|pieces| concat_batches(&self.schema, pieces));
        let chunks = chunks.collect::<Result<Vec<_>, _>>().map_err(|error| failed(error.into()))?;
        let mut encoded = Vec::with_capacity(self.schema.fields().len());
        for (index, writers) in self.columns.iter().enumerate() {
            // One column after the other: each takes over the memory in which the one before was compressed.
            for mut column in writers.create_column_writers(0).map_err(failed)? {
                for chunk in &chunks {
                    let leaves = compute_leaves(self.schema.field(index), chunk.column(index));
                    for leaf in leaves.map_err(failed)? {
                        column.write(&leaf).map_err(failed)?;
                    }
                }
                encoded.push(column.close().map_err(failed)?);
            }
        }
        Ok(encoded)
    }

    /// Begins a file, of a day when the table is stored by day.
    pub(super) fn begin(&self, day: Option<NaiveDate>) -> Result<FileBytes> {
        let (root, properties) = (TypePtr::clone(&self.root), Arc::clone(&self.properties));
        let mut writer = SerializedFileWriter::new(Vec::new(), root, properties)
            .map_err(|error| failed(&self.table, error))?;
        if let Some(day) = day {
            writer.append_key_value_metadata(KeyValue::new("hale.as_of".to_owned(), day.to_string()));
        }
        Ok(FileBytes { table: self.table.clone(), writer })
    }
}

/// A file whose bytes are taken as they come to be.
pub(super) struct FileBytes {
    table: String,
    writer: SerializedFileWriter<Vec<u8>>,
}

impl FileBytes {
    /// Appends a row group; returns the bytes that are done.
    pub(super) fn append(&mut self, group: EncodedGroup) -> Result<Bytes> {
        self.try_append(group).map_err(|error| failed(&self.table, error))
    }

    /// Ends the file; returns the rest of its bytes.
    pub(super) fn finish(mut self) -> Result<Bytes> {
        self.writer.finish().map_err(|error| failed(&self.table, error))?;
        Ok(Bytes::from(std::mem::take(self.writer.inner_mut())))
    }

    fn try_append(&mut self, group: EncodedGroup) -> Result<Bytes, ParquetError> {
        let mut writer = self.writer.next_row_group()?;
        for column in group {
            column.append_to_row_group(&mut writer)?;
        }
        writer.close()?;
        self.writer.flush()?;
        Ok(Bytes::from(std::mem::take(self.writer.inner_mut())))
    }
}

/// What makes writers of one column. A file's writer is the only source of them, and makes those of all its columns at once;
/// they depend on the column and the properties alone, so that this is one of a file with no other column.
fn writers_of(
    field: &FieldRef,
    properties: &WriterPropertiesPtr,
) -> Result<ArrowRowGroupWriterFactory, ParquetError> {
    let schema: SchemaRef = Arc::new(Schema::new(vec![FieldRef::clone(field)]));
    let root = ArrowSchemaConverter::new().convert(&schema)?.root_schema_ptr();
    let file = SerializedFileWriter::new(Vec::new(), root, Arc::clone(properties))?;
    Ok(ArrowRowGroupWriterFactory::new(&file, schema))
}

/// Everything that decides the bytes of a file besides its rows. Nothing of the time or the run.
fn properties(spec: &TableSpec) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(ZSTD_LEVEL).map_err(|error| failed(&spec.to_string(), error))?;
    let sorting = spec.sort_key().into_iter().map(|column| {
        let column_idx = spec.index_of(column)? as i32;
        Ok(SortingColumn { column_idx, descending: false, nulls_first: false })
    });
    let properties = WriterProperties::builder()
        .set_created_by("hale".to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_sorting_columns(Some(sorting.collect::<Result<_>>()?))
        .set_key_value_metadata(Some(metadata(spec)))
        // Numbers of a day seldom repeat: a dictionary of them costs time and space.
        .set_dictionary_enabled(false);
    let texts = spec
        .schema
        .fields()
        .iter()
        .filter(|field| stored_type(field.data_type()) == Some(DataType::Utf8View))
        // The only key of a file's rows stands there once each.
        .filter(|field| !matches!(spec.file_key()[..], [key] if key == field.name()));
    let with_texts = texts.fold(properties, |properties, field| {
        properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), true)
    });
    Ok(with_texts.build())
}

/// What a file says about its table: its name, its description, and each described column.
fn metadata(spec: &TableSpec) -> Vec<KeyValue> {
    let describe = |(name, description): &(String, String)| serde_json::json!({"name": name, "description": description});
    let columns: Vec<_> = spec.column_descriptions.iter().map(describe).collect();
    vec![
        KeyValue::new("hale.model".to_owned(), spec.to_string()),
        KeyValue::new("hale.description".to_owned(), spec.description.clone()),
        KeyValue::new("hale.columns".to_owned(), serde_json::Value::from(columns).to_string()),
    ]
}

fn failed(table: &str, error: ParquetError) -> Error {
    Error::Bug(format!("encoding {table} as Parquet: {error}"))
}
