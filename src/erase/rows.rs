//! The rows of a file: which of them are somebody's, and all others.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, SchemaRef};
use futures::{Stream, StreamExt, TryStreamExt};
use parquet::arrow::ProjectionMask;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ParquetMetaData;

use super::words::{is_word, is_word_of};
use crate::error::Result;
use crate::project::types::is_text;
use crate::table::{RowFile, failed};

/// What a file has of somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// Rows that name one of the values.
    pub(super) rows: u64,
    /// The values that are named.
    pub(super) values: BTreeSet<String>,
}

/// Which columns are looked into.
pub(super) enum Columns<'a> {
    /// The one of that name.
    Named(&'a str),
    /// That one, and every other that holds text, where a value may be a word of it.
    AllText(&'a str),
}

impl RowFile<'_> {
    /// What its columns hold of some values, by column; none where it has no such column.
    ///
    /// # Errors
    /// [`Error::Project`](crate::error::Error::Project) where it is no sound Parquet; what storage says.
    pub(super) async fn holds(
        &self,
        wanted: &BTreeSet<String>,
        columns: &Columns<'_>,
    ) -> Result<Vec<(String, Held)>> {
        let builder = self.open().await?;
        let schema = SchemaRef::clone(builder.schema());
        let is_asked = |at: &usize| {
            let field = schema.field(*at);
            match columns {
                Columns::Named(name) => field.name() == name,
                Columns::AllText(name) => field.name() == name || is_text(field.data_type()),
            }
        };
        let asked: Vec<usize> = (0..schema.fields().len()).filter(is_asked).collect();
        let mentions = matches!(columns, Columns::AllText(_));
        let names = |text: &str, value: &str| {
            text == value || mentions && is_word(value) && is_word_of(value.as_bytes(), text.as_bytes())
        };
        let mut found: Vec<(String, Held)> =
            asked.iter().map(|at| (schema.field(*at).name().clone(), Held::default())).collect();
        if asked.is_empty() {
            return Ok(found);
        }
        let mask = ProjectionMask::roots(builder.parquet_schema(), asked);
        let mut rows = builder.with_projection(mask).build().map_err(|error| self.failed(error))?;
        while let Some(batch) = rows.try_next().await.map_err(|error| self.failed(error))? {
            for ((_, held), column) in found.iter_mut().zip(batch.columns()) {
                let text = as_text(column).map_err(|error| self.failed(error.into()))?;
                for text in text.as_string::<i32>().iter().flatten() {
                    let named: Vec<&String> = wanted.iter().filter(|value| names(text, value)).collect();
                    held.rows += u64::from(!named.is_empty());
                    held.values.extend(named.into_iter().cloned());
                }
            }
        }
        Ok(found)
    }

    /// Its footer and columns, and its rows but for those that name one of the values in a column.
    ///
    /// # Errors
    /// As [`RowFile::holds`].
    pub(super) async fn without(
        &self,
        wanted: Arc<BTreeSet<String>>,
        column: &str,
    ) -> Result<(Arc<ParquetMetaData>, SchemaRef, impl Stream<Item = Result<RecordBatch>> + Send + 'static)>
    {
        let builder = self.open().await?;
        let (footer, schema) = (Arc::clone(builder.metadata()), SchemaRef::clone(builder.schema()));
        let rows = builder.build().map_err(|error| self.failed(error))?;
        let (storage, path, column) = (self.storage.clone(), self.path.clone(), column.to_owned());
        let others = rows.map(move |batch| {
            let others = batch.and_then(|batch| others(&batch, &wanted, &column));
            others.map_err(|error| failed(&storage, &path, error))
        });
        Ok((footer, schema, others))
    }
}

/// The rows of a batch that name none of the values.
fn others(batch: &RecordBatch, wanted: &BTreeSet<String>, column: &str) -> ParquetResult<RecordBatch> {
    let missing = || ParquetError::General(format!("there is no column `{column}`"));
    let text = as_text(batch.column_by_name(column).ok_or_else(missing)?)?;
    let stays = |value: Option<&str>| Some(!value.is_some_and(|value| wanted.contains(value)));
    let stays: BooleanArray = text.as_string::<i32>().iter().map(stays).collect();
    Ok(filter_record_batch(batch, &stays)?)
}

fn as_text(column: &ArrayRef) -> Result<ArrayRef, arrow::error::ArrowError> {
    if column.data_type() == &DataType::Utf8 {
        Ok(ArrayRef::clone(column))
    } else {
        cast(column, &DataType::Utf8)
    }
}
