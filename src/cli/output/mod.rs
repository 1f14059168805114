//! What goes to stdout: one file per format, and lines.

mod csv;
mod json;
mod lines;
mod sheet;
mod table;

use std::io::{Write, stdout};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use clap::{Args, ValueEnum};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use serde_json::Value;

pub(super) use lines::wrapped;
pub(super) use sheet::Sheet;
pub(super) use table::shown;

use super::console::Console;
use super::outcome::{Failure, Outcome};
use crate::error::Error;

/// Rows of a table that are shown to a person where no number is given.
const FEW: usize = 40;

/// A form of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Columns side by side, or below each other where they do not fit the terminal
    Table,
    /// One JSON array, a row per line
    Json,
    /// Comma-separated values with a header, safe to open in a spreadsheet
    Csv,
}

/// How rows are printed.
#[derive(Debug, Clone, Args)]
pub(super) struct RowsAs {
    /// The form of the rows [default: table, or json with --json]
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Format>,
    /// The most rows to print; 0 for all [default: 40 in a table, all otherwise]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// Rows in one form: bytes of batches that follow each other.
trait Rows {
    /// The next rows.
    fn batch(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError>;
    /// What ends them.
    fn end(&mut self) -> Result<Vec<u8>, ArrowError>;
}

impl RowsAs {
    fn format(&self, console: Console) -> Format {
        self.format.unwrap_or(if console.json { Format::Json } else { Format::Table })
    }

    fn most(&self, console: Console) -> Option<usize> {
        match self.limit {
            Some(0) => None,
            Some(limit) => Some(limit),
            None => (self.format(console) == Format::Table).then_some(FEW),
        }
    }

    /// The number of rows worth computing: one more than are printed, to know whether there are more.
    pub fn wanted(&self, console: Console) -> Option<usize> {
        self.most(console).map(|most| most.saturating_add(1))
    }

    /// Prints rows as they come, up to the limit; `failed` says what an error of theirs means.
    pub async fn print<F: Future<Output = Error>>(
        &self,
        mut rows: SendableRecordBatchStream,
        console: Console,
        failed: impl Fn(DataFusionError) -> F,
    ) -> Outcome {
        let format = self.format(console);
        let mut form = form(format, rows.schema(), console);
        let mut left = self.most(console).unwrap_or(usize::MAX);
        while let Some(batch) = rows.next().await {
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => return Err(failed(error).await.into()),
            };
            let taken = batch.slice(0, batch.num_rows().min(left));
            write(&form.batch(&taken).map_err(unprintable)?)?;
            left -= taken.num_rows();
            if taken.num_rows() < batch.num_rows() {
                let shown = self.most(console).unwrap_or_default();
                console.note(
                    "more-rows",
                    &format!("the first {shown} rows; --limit N prints more, --limit 0 all"),
                );
                break;
            }
        }
        write(&form.end().map_err(unprintable)?)
    }
}

fn form(format: Format, schema: SchemaRef, console: Console) -> Box<dyn Rows + Send> {
    match format {
        Format::Table => Box::new(table::Table::new(schema, console.width)),
        Format::Json => Box::new(json::Json::default()),
        Format::Csv => Box::new(csv::Csv::new(schema)),
    }
}

fn unprintable(error: ArrowError) -> Failure {
    Failure::Hale(Error::Bug(format!("rows cannot be printed: {error}")))
}

/// One line of JSON on stdout.
pub(super) fn json_line(value: &Value) -> Outcome {
    line(&value.to_string())
}

/// A value as JSON with `--json`, else what people read of it.
pub(super) fn value(value: &impl serde::Serialize, text: &str, console: Console) -> Outcome {
    if console.json {
        let json = serde_json::to_value(value).map_err(|error| Error::Bug(error.to_string()))?;
        return json_line(&json);
    }
    write(wrapped(text, console.width).as_bytes())
}

/// A line on stdout.
pub(super) fn line(text: &str) -> Outcome {
    write(format!("{text}\n").as_bytes())
}

/// Bytes on stdout, at once.
pub(super) fn write(bytes: &[u8]) -> Outcome {
    let mut out = stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(Failure::Stdout)
}
