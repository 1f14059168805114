//! Looking at a source's place: a listing, and the footer of every file that may be data.

use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, Fields, Schema};
use bytes::Bytes;
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::error::DataFusionError;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStoreExt;
use parquet::arrow::parquet_to_arrow_schema;
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};

use super::Place;
use super::content::Content;
use super::listing::{Listed, OfFormat, folders, is_hidden, listed, promises_parquet, table_format};
use crate::engine::diagnose::{self, without_kinds};
use crate::engine::foreign::ForeignFile;
use crate::error::{Error, Result};
use crate::project::model::Source;

/// Footers that are read at the same time.
const AT_ONCE: usize = 32;

/// Bytes that are read at the end of a file: most footers are shorter.
const FOOTER_HINT: usize = 64 * 1024;

/// Bytes at the very end: the length of the footer, and the mark of Parquet.
const END: u64 = 8;

/// Bytes by which a file that is no Parquet is known.
const HEAD: u64 = 512;

/// What lies at a source's place.
#[derive(Debug, Default)]
pub(crate) struct Landed {
    /// Its data, by name.
    pub(crate) files: Vec<ForeignFile>,
    /// The same files as shown.
    pub(super) names: Vec<String>,
    /// Files that should be data and cannot be read, each with the reason.
    pub(super) broken: Vec<(String, String)>,
    /// Files that are no Parquet, each with what it is and whether its name promises Parquet.
    pub(super) others: Vec<(String, Content, bool)>,
    /// Whether anything lies there at all, hidden files among it.
    pub(super) is_there: bool,
    /// The table of a format with a log that the place is, holds or is a part of.
    pub(super) of_format: Option<OfFormat>,
}

/// Looks at what has landed of a source.
///
/// # Errors
/// [`Error::Project`] for a path that leaves the root, [`Error::NotReady`] or [`Error::Transient`] where the storage does not
/// let it be listed.
pub(crate) async fn look(place: Place<'_>, source: &Source) -> Result<Landed> {
    place.storage.location(&source.path)?;
    let files = listed(place.storage, source).await.map_err(Error::of_source)?;
    let is_there = !files.is_empty()
        || place.storage.local_folder().is_some_and(|root| root.join(&source.path).is_dir());
    let of_format = table_format(place.storage, source, &files).await.map_err(Error::of_source)?;
    let mut landed = Landed { is_there, of_format, ..Landed::default() };
    if landed.of_format.is_some() {
        return Ok(landed);
    }
    let visible = files.into_iter().filter(|file| !is_hidden(&file.below));
    let read: Vec<(Listed, Read)> = stream::iter(visible)
        .map(|file| async move { read(place, &file).await.map(|read| (file, read)) })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    for (file, read) in read {
        match read {
            Read::Sound(sound) => {
                landed.files.push(*sound);
                landed.names.push(file.shown);
            }
            Read::Broken(why) => landed.broken.push((file.shown, why)),
            Read::Other(Content::Unknown) if promises_parquet(&file.below) => {
                landed.broken.push((file.shown, "it neither begins nor ends as Parquet does".to_owned()));
            }
            Read::Other(content) => {
                let promised = promises_parquet(&file.below);
                landed.others.push((file.shown, content, promised));
            }
        }
    }
    Ok(landed)
}

enum Read {
    Sound(Box<ForeignFile>),
    Broken(String),
    Other(Content),
}

async fn read(place: Place<'_>, file: &Listed) -> Result<Read> {
    if file.meta.size == 0 {
        let empty = "it is empty".to_owned();
        return Ok(if promises_parquet(&file.below) {
            Read::Broken(empty)
        } else {
            Read::Other(Content::Of("empty"))
        });
    }
    let relative = place.storage.relative(&file.meta.location).unwrap_or_default();
    let size = file.meta.size;
    let end = match place.bytes(&relative, size.saturating_sub(END)..size).await {
        Ok(end) => end,
        Err(why) => return why.map(Read::Broken),
    };
    if !is_footer(&end, size) {
        return match place.bytes(&relative, 0..size.min(HEAD)).await {
            Ok(head) => Ok(without_footer(&head, &end)),
            Err(why) => why.map(Read::Broken),
        };
    }
    let footers = place.engine.runtime().cache_manager.get_file_metadata_cache();
    let fetched = DFParquetMetadata::new(place.storage.store().as_ref(), &file.meta)
        .with_file_metadata_cache(Some(footers))
        .with_metadata_size_hint(Some(FOOTER_HINT))
        .with_page_index_policy(Some(PageIndexPolicy::Skip))
        .fetch_metadata()
        .await;
    let footer = match fetched {
        Ok(footer) => footer,
        Err(DataFusionError::ParquetError(error)) => {
            return Ok(Read::Broken(format!("its footer is broken: {}", reason(&error))));
        }
        Err(error) => return Err(diagnose::of_run(&file.shown, &error)),
    };
    match columns(&footer) {
        Ok(schema) => Ok(Read::Sound(Box::new(ForeignFile {
            meta: file.meta.clone(),
            footer,
            schema: Arc::new(schema),
            folders: folders(&file.below),
        }))),
        Err(error) => Ok(Read::Broken(format!("its columns cannot be read: {}", reason(&error)))),
    }
}

/// The columns by the Parquet schema; where a writer noted that whole numbers are durations, as those. Text is read as views,
/// which can be made of bytes that turn out to be none.
fn columns(footer: &ParquetMetaData) -> Result<Schema, ParquetError> {
    let file = footer.file_metadata();
    let plain = parquet_to_arrow_schema(file.schema_descr(), None)?;
    let Ok(noted) = parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata()) else {
        return Ok(with_views(plain.fields()));
    };
    let fields = plain.fields().iter().zip(noted.fields());
    let fields = fields.map(|(plain, noted)| if has_duration(noted.data_type()) { noted } else { plain });
    Ok(with_views(fields))
}

fn with_views<'a>(fields: impl IntoIterator<Item = &'a FieldRef>) -> Schema {
    let viewed = |field: &FieldRef| match field.data_type() {
        DataType::Utf8 => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View)),
        _ => Arc::clone(field),
    };
    Schema::new(fields.into_iter().map(viewed).collect::<Fields>())
}

/// Whether durations are in it, at any depth.
fn has_duration(data_type: &DataType) -> bool {
    match data_type {
        DataType::Duration(_) => true,
        DataType::Struct(parts) => parts.iter().any(|part| has_duration(part.data_type())),
        DataType::List(of)
        | DataType::LargeList(of)
        | DataType::FixedSizeList(of, _)
        | DataType::Map(of, _) => has_duration(of.data_type()),
        _ => false,
    }
}

impl Place<'_> {
    /// Some bytes of a file; or why the storage refuses them, unless it cannot be reached.
    async fn bytes(self, relative: &str, range: Range<u64>) -> Result<Bytes, Result<String>> {
        let location = self.storage.location(relative).map_err(Err)?;
        let read = self.storage.store().get_range(&location, range).await;
        read.map_err(|source| {
            self.storage.why(&source).ok_or_else(|| self.storage.failed("read", relative, source))
        })
    }
}

/// Whether a file ends as Parquet does, with a footer that can be in it.
fn is_footer(end: &[u8], size: u64) -> bool {
    let Some((length, magic)) = end.split_first_chunk::<4>() else { return false };
    magic == b"PAR1" && u64::from(u32::from_le_bytes(*length)) + END + 4 <= size
}

/// What a file is that has none.
fn without_footer(head: &[u8], end: &[u8]) -> Read {
    match Content::of(head, end) {
        Content::CutShort => {
            Read::Broken("its end is missing: it was cut short, or is still being written".to_owned())
        }
        Content::BadFooter => Read::Broken("its footer is broken: it is longer than the file".to_owned()),
        other => Read::Other(other),
    }
}

/// What the reader of Parquet says, without its own names.
pub(super) fn reason(error: &ParquetError) -> String {
    without_kinds(&error.to_string())
}
