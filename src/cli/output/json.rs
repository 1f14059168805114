//! Rows as one JSON array with a row on each line.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::json::WriterBuilder;
use arrow::json::writer::LineDelimited;

use super::Rows;

/// What was written so far decides what comes before the next row.
#[derive(Default)]
pub(super) struct Json {
    begun: bool,
}

impl Rows for Json {
    /// Every column is there in every row: a missing value is null. Doubles that are no numbers are null too.
    fn batch(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(Vec::new());
        writer.write(batch)?;
        writer.finish()?;
        let lines = writer.into_inner();
        let mut bytes = Vec::with_capacity(lines.len() + batch.num_rows());
        for row in lines.split(|byte| *byte == b'\n').filter(|row| !row.is_empty()) {
            bytes.extend_from_slice(if self.begun { b",\n" } else { b"[\n" });
            bytes.extend_from_slice(row);
            self.begun = true;
        }
        Ok(bytes)
    }

    fn end(&mut self) -> Result<Vec<u8>, ArrowError> {
        Ok(if self.begun { b"\n]\n".to_vec() } else { b"[]\n".to_vec() })
    }
}
