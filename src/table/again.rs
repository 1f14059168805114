//! A file that was published, written again without some of its rows: the bytes that a run without these rows would have given.
//!
//! What decides the bytes besides the rows stands in the file itself: its table, what it says of it, its columns, its key. The
//! project of today need not know the table any more.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use datafusion::execution::memory_pool::MemoryPool;
use futures::Stream;
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use serde::Deserialize;

use super::staged::WriteContext;
use super::upload::Writes;
use super::{TableSpec, writer};
use crate::error::{Error, Result};
use crate::storage::Storage;
use crate::store::NewFile;

/// Where files are written again, and with what.
pub(crate) struct Again {
    pub(crate) storage: Storage,
    /// Row groups encoded at the same time.
    pub(crate) threads: usize,
    pub(crate) memory: Arc<dyn MemoryPool>,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    description: String,
}

/// The table of a file that hale wrote, and its day where it is of one; `None` where hale did not write it.
pub(crate) fn spec_of(
    footer: &ParquetMetaData,
    schema: &SchemaRef,
) -> Option<(TableSpec, Option<NaiveDate>)> {
    let said = footer.file_metadata().key_value_metadata().map_or(&[][..], Vec::as_slice);
    let value = |key: &str| {
        let of_key = |pair: &&KeyValue| pair.key == key;
        said.iter().find(of_key).and_then(|pair| pair.value.clone())
    };
    let (layer, name) = value("hale.model")?.split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned()))?;
    let columns: Vec<Described> = serde_json::from_str(&value("hale.columns")?).ok()?;
    let day: Option<NaiveDate> = value("hale.as_of").map(|day| day.parse()).transpose().ok()?;
    // Sorted by the day, where it has one, then by the rest of the key.
    let sorting = footer.row_groups().first().and_then(|group| group.sorting_columns());
    let key = sorting.into_iter().flatten().map(|by| {
        let place = usize::try_from(by.column_idx).ok().filter(|place| *place < schema.fields().len())?;
        Some(schema.field(place).name().clone())
    });
    let key: Vec<String> = key.collect::<Option<_>>()?;
    let by_day = match day {
        Some(_) => Some(key.first()?.clone()),
        None => None,
    };
    let spec = TableSpec {
        layer,
        name,
        schema: SchemaRef::clone(schema),
        not_null: Vec::new(),
        primary_key: key,
        checks: Vec::new(),
        by_day,
        description: value("hale.description")?,
        column_descriptions: columns.into_iter().map(|one| (one.name, one.description)).collect(),
    };
    Some((spec, day))
}

impl Again {
    /// Writes rows into a file of a folder, in the order in which they come.
    ///
    /// # Errors
    /// Those of the rows; [`Error::Bug`] where they are no rows of the table; what storage says.
    pub(crate) async fn write(
        &self,
        folder: String,
        (spec, day): (&TableSpec, Option<NaiveDate>),
        rows: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
    ) -> Result<NewFile> {
        let context = Arc::new(WriteContext {
            storage: self.storage.clone(),
            folder,
            threads: self.threads,
            memory: Arc::clone(&self.memory),
            writes: Writes::default(),
        });
        let written = writer::write(&context, spec, vec![rows]).await?;
        if let Some(finding) = written.findings.first() {
            return Err(Error::Bug(format!("{spec}, written again, breaks what it kept: {}", finding.rule)));
        }
        let file = match (written.files.as_slice(), day) {
            ([file], _) => file.clone(),
            ([], Some(day)) => writer::write_empty(&context, spec, day).await?,
            (files, _) => {
                return Err(Error::Bug(format!("{spec}, written again, has {} files", files.len())));
            }
        };
        let path = context.staged(&file.relative);
        Ok(NewFile { day: file.day, path, hash: file.hash, rows: file.rows, bytes: file.bytes })
    }
}
