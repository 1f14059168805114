//! A second look at the files of sources, once reading them has failed: which of them, which column, where.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;

use super::hold::{Found, listed};
use super::look::{look, reason};
use super::{Place, location_of};
use crate::diagnostic::{Diagnostic, Location};
use crate::engine::foreign::ForeignFile;
use crate::engine::foreign::convert::{Unfit, converted};
use crate::engine::foreign::reading::{place_of, reading};
use crate::error::{Error, Result};
use crate::project::model::{Kind, Model};
use crate::project::types::{sql_name, with_article};

/// Files that are looked at in one go.
const AT_ONCE: usize = 4;

/// An error of reading sources with all the files that are to blame; any other error as it is.
pub(crate) async fn explained<'a>(
    place: Place<'_>,
    models: impl Iterator<Item = &'a Model>,
    error: Error,
) -> Error {
    if !error.is_of_a_file() {
        return error;
    }
    let mut found = Found::default();
    for model in models {
        if let Ok(faults) = faults(place, model).await {
            found.extend(faults);
        }
    }
    // What was mended meanwhile leaves the first error standing.
    found.into_result().err().unwrap_or(error)
}

async fn faults(place: Place<'_>, model: &Model) -> Result<Found> {
    let (Kind::Source(source), Some(declared)) = (&model.kind, &model.declared) else {
        return Ok(Found::default());
    };
    let landed = look(place, source).await?;
    // The looks are made before they are polled: a stream that makes them could not be sent between threads.
    let looks: Vec<_> = landed.files.iter().map(|file| of_file(place, declared, file)).collect();
    let faults: Vec<Vec<Fault>> =
        stream::iter(looks).buffered(AT_ONCE).try_collect().await.unwrap_or_default();
    let mut found = Found::default();
    for (name, faults) in landed.names.iter().zip(faults) {
        for fault in faults {
            let at = fault.column.as_ref().and_then(|column| model.contract.column(column));
            let at = at.map_or_else(|| location_of(model, source), |column| column.location.clone());
            fault.tell(name, declared, at, &mut found);
        }
    }
    Ok(found)
}

/// What is wrong with one file.
struct Fault {
    column: Option<String>,
    group: usize,
    what: What,
}

enum What {
    /// Bytes that cannot be read, of these columns, and why.
    Broken { columns: Vec<String>, why: String },
    /// A value that the declared type cannot hold; its row in the file, from 1.
    Unfit { row: usize, value: String },
}

impl Fault {
    fn tell(self, file: &str, declared: &SchemaRef, at: Location, found: &mut Found) {
        let column = self.column.as_deref();
        match self.what {
            What::Broken { columns, why } => {
                let names: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let of_columns = match names.len() {
                    0 => String::new(),
                    1 => format!("column {}, ", listed(&names)),
                    _ => format!("columns {}, ", listed(&names)),
                };
                let message = format!("{file} is damaged: {of_columns}row group {}: {why}", self.group + 1);
                let help = "write or copy the file again, and run again; its footer is sound, so the copy was likely cut or changed";
                found.not_ready.push(Diagnostic::error("corrupt-parquet", message).at(at).help(help));
            }
            What::Unfit { row, value } => {
                let column = column.unwrap_or_default();
                let field = declared.field_with_name(column);
                let kind = field.map_or_else(
                    |_| "its type".to_owned(),
                    |field| with_article(&sql_name(field.data_type())),
                );
                let message = format!("{file}, row {row}: `{column}` is {value}, which {kind} cannot hold");
                let help = "declare a type that holds every value, and round or cast it in staging; or mend the file";
                found.wrong.push(Diagnostic::error("unfit-value", message).at(at).help(help));
            }
        }
    }
}

async fn of_file(place: Place<'_>, declared: &SchemaRef, file: &ForeignFile) -> Result<Vec<Fault>> {
    let mut faults: Vec<Fault> = Vec::new();
    let columns: Vec<usize> =
        declared.fields().iter().filter_map(|field| place_of(&file.schema, field.name())).collect();
    let mut before = 0;
    for group in 0..file.footer.num_row_groups() {
        match batches(place, file, group, &columns).await {
            Ok(batches) => {
                let mut row = before;
                for batch in &batches {
                    for fault in unfit(place, declared, file, batch, group, row) {
                        if faults.iter().all(|known| known.column != fault.column) {
                            faults.push(fault);
                        }
                    }
                    row += batch.num_rows();
                }
            }
            Err(together) => {
                let (mut damaged, mut why) = (Vec::new(), reason(&together));
                for field in declared.fields() {
                    let Some(column) = place_of(&file.schema, field.name()) else { continue };
                    if let Err(error) = batches(place, file, group, &[column]).await {
                        damaged.push(field.name().clone());
                        why = reason(&error);
                    }
                }
                let column = damaged.first().cloned();
                faults.push(Fault { column, group, what: What::Broken { columns: damaged, why } });
                return Ok(faults);
            }
        }
        before += usize::try_from(file.footer.row_group(group).num_rows()).unwrap_or_default();
    }
    Ok(faults)
}

/// Some columns of one row group.
async fn batches(
    place: Place<'_>,
    file: &ForeignFile,
    group: usize,
    columns: &[usize],
) -> std::result::Result<Vec<RecordBatch>, ParquetError> {
    let store = Arc::clone(place.storage.store());
    let reader = FileBytes { store, path: file.meta.location.clone(), footer: Arc::clone(&file.footer) };
    let options = ArrowReaderOptions::new().with_schema(Arc::clone(&file.schema));
    let footer = ArrowReaderMetadata::try_new(Arc::clone(&file.footer), options)?;
    let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, footer);
    let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
    builder.with_projection(mask).with_row_groups(vec![group]).build()?.try_collect().await
}

/// A file whose footer is known.
struct FileBytes {
    store: Arc<dyn ObjectStore>,
    path: Path,
    footer: Arc<ParquetMetaData>,
}

impl AsyncFileReader for FileBytes {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        let read = self.store.get_range(&self.path, range);
        read.map(|read| read.map_err(|source| ParquetError::External(Box::new(source)))).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        futures::future::ready(Ok(Arc::clone(&self.footer))).boxed()
    }
}

/// The first value of each column that its declared type cannot hold.
fn unfit(
    place: Place<'_>,
    declared: &SchemaRef,
    file: &ForeignFile,
    batch: &RecordBatch,
    group: usize,
    before: usize,
) -> Vec<Fault> {
    let of_column = |field: &Arc<arrow::datatypes::Field>| {
        let column = place_of(&file.schema, field.name())?;
        let values = batch.column_by_name(file.schema.field(column).name())?;
        let reading = reading(values.data_type(), field.data_type(), file.marks(column))?;
        let Ok(Err(Unfit { row, value })) = converted(values, field.data_type(), reading, place.zone) else {
            return None;
        };
        let what = What::Unfit { row: before + row + 1, value };
        Some(Fault { column: Some(field.name().clone()), group, what })
    };
    declared.fields().iter().filter_map(of_column).collect()
}
