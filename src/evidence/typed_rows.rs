//! A file of rows that somebody hands over, CSV or Parquet, as texts by column.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Format;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::diagnostic::visible;
use crate::error::{Error, Result};

/// Rows of a file.
pub struct TypedRows {
    /// The file's name, for people.
    pub shown: String,
    batch: RecordBatch,
}

impl TypedRows {
    /// Reads a file whose name ends in `.csv` or `.parquet`.
    ///
    /// # Errors
    /// [`Error::Usage`] for a file that cannot be read, or is neither.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let fault = |what: &dyn std::fmt::Display| {
            Error::Usage(format!("{}: {}", visible(&shown), visible(&what.to_string())))
        };
        let open = || File::open(path).map_err(|error| fault(&error));
        let batch = match path.extension().and_then(|end| end.to_str()) {
            Some("parquet") => parquet(open()?).map_err(|error| fault(&error))?,
            Some("csv") => csv(&open).map_err(|error| match error {
                Ok(error) => error,
                Err(error) => fault(&error),
            })?,
            _ => return Err(fault(&"neither .csv nor .parquet")),
        };
        Ok(Self { shown, batch })
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// The first of some columns that the file has, by name.
    pub(crate) fn first_of<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().copied().find(|name| self.batch.column_by_name(name).is_some())
    }

    /// A column as texts, empty ones missing; dates as `2026-09-30`.
    ///
    /// # Errors
    /// [`Error::Usage`] for a column that is not there, or is of no simple type.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<Option<String>>> {
        let schema = self.batch.schema();
        let known: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let Some(column) = self.batch.column_by_name(name) else {
            if let [only] = known.as_slice()
                && only.contains(';')
            {
                return Err(self.fault("its columns are separated by `;`: write it with commas"));
            }
            let known = if known.is_empty() { "none".to_owned() } else { visible(&known.join(", ")) };
            return Err(self.fault(&format!("there is no column `{name}`; there are {known}")));
        };
        let column = match column.data_type() {
            // The day alone counts.
            DataType::Timestamp(..) => cast(column, &DataType::Date32),
            _ => Ok(Arc::clone(column)),
        };
        let column = column.and_then(|column| cast(&column, &DataType::Utf8));
        let column = column.map_err(|_| self.fault(&format!("`{name}` is of no simple type")))?;
        let texts = column.as_string::<i32>().iter();
        Ok(texts.map(|text| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)).collect())
    }

    /// A fault of the file as a whole.
    pub(crate) fn fault(&self, what: &str) -> Error {
        Error::Usage(format!("{}: {what}", visible(&self.shown)))
    }

    /// A fault of a row, counted from 1 without the heading.
    pub(crate) fn fault_at(&self, row: usize, what: &str) -> Error {
        self.fault(&format!("row {}: {what}", row + 1))
    }
}

fn parquet(file: File) -> std::result::Result<RecordBatch, Box<dyn std::error::Error>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let schema = Arc::clone(builder.schema());
    let batches: Vec<RecordBatch> = builder.build()?.collect::<std::result::Result<_, _>>()?;
    Ok(concat_batches(&schema, &batches)?)
}

/// Every column as texts: what an id looks like is not for a reader to guess.
fn csv(
    open: &dyn Fn() -> Result<File>,
) -> std::result::Result<RecordBatch, std::result::Result<Error, ArrowError>> {
    let format = Format::default().with_header(true);
    let (inferred, _) = format.infer_schema(open().map_err(Ok)?, Some(1)).map_err(Err)?;
    let fields = inferred.fields().iter().map(|field| Field::new(field.name().trim(), DataType::Utf8, true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let reader =
        ReaderBuilder::new(Arc::clone(&schema)).with_header(true).build(open().map_err(Ok)?).map_err(Err)?;
    let batches: Vec<RecordBatch> = reader.collect::<std::result::Result<_, _>>().map_err(Err)?;
    concat_batches(&schema, &batches).map_err(Err)
}
