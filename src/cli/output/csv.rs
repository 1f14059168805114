//! Rows as comma-separated values that a spreadsheet does not execute.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::csv::WriterBuilder;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::Rows;

/// A header, then rows.
pub(super) struct Csv {
    header: SchemaRef,
    begun: bool,
}

impl Csv {
    pub fn new(schema: SchemaRef) -> Self {
        let fields = schema.fields().iter().map(|field| {
            let data_type =
                if is_plain(field.data_type()) { field.data_type().clone() } else { DataType::Utf8 };
            Field::new(guarded(field.name()), data_type, true)
        });
        Self { header: Arc::new(Schema::new(fields.collect::<Vec<_>>())), begun: false }
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        let mut bytes = Vec::new();
        WriterBuilder::new().with_header(!self.begun).build(&mut bytes).write(batch)?;
        self.begun = true;
        Ok(bytes)
    }
}

impl Rows for Csv {
    fn batch(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        let columns = batch.columns().iter().map(cells).collect::<Result<_, _>>()?;
        self.write(&RecordBatch::try_new(Arc::clone(&self.header), columns)?)
    }

    fn end(&mut self) -> Result<Vec<u8>, ArrowError> {
        if self.begun {
            Ok(Vec::new())
        } else {
            self.write(&RecordBatch::new_empty(Arc::clone(&self.header)))
        }
    }
}

/// Numbers, truth values and times: what no spreadsheet takes for a formula.
fn is_plain(data_type: &DataType) -> bool {
    data_type.is_numeric() || data_type.is_temporal() || matches!(data_type, DataType::Boolean)
}

fn cells(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if is_plain(column.data_type()) {
        return Ok(Arc::clone(column));
    }
    let formatter = ArrayFormatter::try_new(column, &FormatOptions::default())?;
    let text = (0..column.len())
        .map(|row| (!column.is_null(row)).then(|| guarded(&formatter.value(row).to_string())));
    Ok(Arc::new(text.collect::<StringArray>()))
}

/// A text that begins like a formula gets an apostrophe before it, as spreadsheets write it themselves.
/// Source: OWASP, "CSV Injection".
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn formulas_are_guarded_and_words_are_not() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
        for word in ["", "a=b", " =1", "Zoë & Co"] {
            assert_eq!(guarded(word), word);
        }
    }
}
