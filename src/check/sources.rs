//! Source contracts held against the Parquet that is there: footers only, no data.
//!
//! The engine would read a missing file as an empty table and a missing column as nulls.

use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, TimeUnit};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use object_store::ObjectMeta;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::async_reader::MetadataFetch;
use parquet::arrow::parquet_to_arrow_schema;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaDataReader;

use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::engine::sources::parquet_files;
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::model::{Kind, Model, Source};
use crate::project::types::{fits, sql_name};
use crate::storage::Storage;

/// Footers that are read at the same time.
const AT_ONCE: usize = 32;

/// Missing files, unreadable files, missing columns, types that do not fit: for every source.
pub(super) async fn compare(pipeline: &Pipeline, storage: &Storage) -> Result<Diagnostics> {
    let mut found = Diagnostics::new();
    for model in &pipeline.models {
        if let Kind::Source(source) = &model.kind {
            found.extend(source_files(model, source, storage).await?);
        }
    }
    Ok(found)
}

async fn source_files(model: &Model, source: &Source, storage: &Storage) -> Result<Diagnostics> {
    if let Err(Error::Project(outside)) = storage.location(&source.path) {
        return Ok(outside.into_iter().map(|problem| problem.at(place(model, &source.path))).collect());
    }
    let files = parquet_files(storage, source).await?;
    if files.is_empty() {
        let missing = Diagnostic::error("missing-source", format!("{} has no Parquet at {}/{}", model.name, storage.shown(), source.path))
            .at(place(model, &source.path))
            .help("put the files there, name another place with --sources, or declare the source OPTIONS ('optional' 'true')");
        return Ok(if source.optional { Diagnostics::new() } else { missing.into() });
    }
    let footers: Vec<(String, Footer)> = stream::iter(files)
        .map(|file| async move {
            let shown = storage.relative(&file.location).unwrap_or_else(|| file.location.to_string());
            footer(storage, file).await.map(|footer| (shown, footer))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut found = Diagnostics::new();
    let mut rows = 0;
    for (file, footer) in &footers {
        match footer {
            Footer::Broken(why) => found.push(
                Diagnostic::error("corrupt-parquet", format!("{file} cannot be read as Parquet: {why}"))
                    .at(place(model, &source.path))
                    .help("write the file again; it may be empty, cut short or of another format"),
            ),
            Footer::Read { schema, rows: of_file } => {
                rows += of_file;
                found.extend(columns(model, file, schema));
            }
        }
    }
    if rows == 0 && !found.has_errors() {
        found.push(
            Diagnostic::warning("empty-source", format!("{} holds no rows", model.name))
                .at(place(model, &source.path)),
        );
    }
    Ok(found)
}

enum Footer {
    Read { schema: Schema, rows: i64 },
    Broken(String),
}

async fn footer(storage: &Storage, file: ObjectMeta) -> Result<Footer> {
    if file.size == 0 {
        return Ok(Footer::Broken("the file is empty".to_owned()));
    }
    let bytes = FileBytes { store: storage.store(), path: &file.location };
    let metadata = ParquetMetaDataReader::new()
        .with_prefetch_hint(Some(64 * 1024))
        .load_and_finish(bytes, file.size)
        .await;
    let read = metadata.and_then(|metadata| {
        let about = metadata.file_metadata();
        let schema = parquet_to_arrow_schema(about.schema_descr(), about.key_value_metadata())?;
        Ok(Footer::Read { schema, rows: about.num_rows() })
    });
    read.or_else(|error| match cause(&error) {
        Some(source) => Err(crate::storage::error_of(&format!("reading {}", file.location), source)),
        None => Ok(Footer::Broken(error.to_string().trim_start_matches("Parquet error: ").to_owned())),
    })
}

/// Byte ranges of one file, for the footer's reader.
struct FileBytes<'a> {
    store: &'a Arc<dyn ObjectStore>,
    path: &'a Path,
}

impl MetadataFetch for FileBytes<'_> {
    fn fetch(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        let read = self.store.get_range(self.path, range);
        read.map(|read| read.map_err(|source| ParquetError::External(Box::new(source)))).boxed()
    }
}

/// The storage's own failure inside a Parquet error, if that is what it is.
fn cause(error: &ParquetError) -> Option<&object_store::Error> {
    let ParquetError::External(source) = error else { return None };
    source.downcast_ref::<object_store::Error>()
}

fn columns(model: &Model, file: &str, schema: &Schema) -> Diagnostics {
    let mut found = Diagnostics::new();
    let Some(declared) = &model.declared else { return found };
    for field in declared.fields() {
        let at = model
            .contract
            .column(field.name())
            .map_or_else(|| Location::whole(&model.file), |column| column.location.clone());
        match schema.field_with_name(field.name()) {
            Ok(given) if readable(given.data_type(), field.data_type()) => {}
            Ok(given) => found.push(
                Diagnostic::error(
                    "column-type",
                    format!(
                        "`{}` is declared {} but is {} in {file}",
                        field.name(),
                        sql_name(field.data_type()),
                        sql_name(given.data_type())
                    ),
                )
                .at(at)
                .help("declare the type that the file has, and cast in staging"),
            ),
            Err(_) => {
                let names = schema.fields().iter().map(|field| field.name().as_str());
                let problem = Diagnostic::error(
                    "missing-column",
                    format!("there is no column `{}` in {file}", field.name()),
                );
                found.push(problem.at(at).suggest(field.name(), names));
            }
        }
    }
    found
}

/// Whether a file's type can be read as the declared one without loss. Instants in UTC are the same with and without
/// their zone; nanoseconds are not asked for, so a source that has them is cut to microseconds.
fn readable(given: &DataType, declared: &DataType) -> bool {
    let utc = |zone: &Option<Arc<str>>| {
        zone.as_ref().is_none_or(|zone| matches!(zone.as_ref(), "UTC" | "+00:00" | "Z"))
    };
    match (given, declared) {
        (DataType::Timestamp(_, from), DataType::Timestamp(TimeUnit::Microsecond, to)) => {
            utc(from) && utc(to)
        }
        _ => fits(given, declared),
    }
}

fn place(model: &Model, path: &str) -> Location {
    let at = model.file.text.rfind(path);
    at.map_or_else(|| Location::whole(&model.file), |at| Location::new(&model.file, at..at + path.len()))
}
