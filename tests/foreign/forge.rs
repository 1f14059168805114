//! Writes Parquet column by column, so that a footer can claim what its writer likes.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::{DataType, Int96};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// Values of one column: `None` is NULL, for optional columns.
pub enum Column {
    Int64(Vec<Option<i64>>),
    Int96(Vec<Option<Int96>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Fixed(Vec<Option<Vec<u8>>>),
}

impl Column {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        match self {
            Self::Int64(values) => values.len(),
            Self::Int96(values) => values.len(),
            Self::Bytes(values) | Self::Fixed(values) => values.len(),
        }
    }
}

/// A file of one row group with a schema in Parquet's own words.
pub fn write(path: &Path, schema: &str, columns: &[Column]) {
    use parquet::data_type::{ByteArrayType, FixedLenByteArrayType, Int64Type, Int96Type};
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut file = SerializedFileWriter::new(File::create(path).unwrap(), schema, properties).unwrap();
    let mut group = file.next_row_group().unwrap();
    for column in columns {
        let mut writer = group.next_column().unwrap().unwrap();
        match column {
            Column::Int64(values) => put::<Int64Type>(&mut writer, values.clone()),
            Column::Int96(values) => put::<Int96Type>(&mut writer, values.clone()),
            Column::Bytes(values) => {
                let values = values.iter().map(|value| value.clone().map(Into::into));
                put::<ByteArrayType>(&mut writer, values.collect());
            }
            Column::Fixed(values) => {
                let array = |bytes: Vec<u8>| parquet::data_type::ByteArray::from(bytes).into();
                let values = values.iter().map(|value| value.clone().map(array));
                put::<FixedLenByteArrayType>(&mut writer, values.collect());
            }
        }
        writer.close().unwrap();
    }
    group.close().unwrap();
    file.close().unwrap();
}

fn put<T: DataType>(
    writer: &mut parquet::file::writer::SerializedColumnWriter<'_>,
    values: Vec<Option<T::T>>,
) {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    writer.typed::<T>().write_batch(&values, Some(&levels), None).unwrap();
}

/// The same file with what `claim` makes of each column's description, given its row group and its name.
pub fn claim(path: &Path, claim: impl Fn(usize, &str, ColumnChunkMetaData) -> ColumnChunkMetaData) {
    let bytes = Bytes::from(fs::read(path).unwrap());
    let read = SerializedFileReader::new(bytes.clone()).unwrap();
    let schema = read.metadata().file_metadata().schema_descr().root_schema_ptr();
    let mut file = SerializedFileWriter::new(File::create(path).unwrap(), schema, Arc::default()).unwrap();
    for (number, group) in read.metadata().row_groups().iter().enumerate() {
        let mut copy = file.next_row_group().unwrap();
        for column in group.columns() {
            let metadata = claim(number, column.column_descr().name(), column.clone());
            let closed = ColumnCloseResult {
                bytes_written: column.compressed_size() as u64,
                rows_written: group.num_rows() as u64,
                metadata,
                bloom_filter: None,
                column_index: None,
                offset_index: None,
            };
            copy.append_column(&bytes, closed).unwrap();
        }
        copy.close().unwrap();
    }
    file.close().unwrap();
}
