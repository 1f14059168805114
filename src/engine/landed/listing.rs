//! Names: which files count, what folders say, and which folders belong to a table format.

use object_store::ObjectMeta;

use crate::error::Result;
use crate::project::model::Source;
use crate::storage::Storage;

/// What Hive writes for NULL.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// A file below a source's place.
pub(super) struct Listed {
    pub(super) meta: ObjectMeta,
    /// Its path as shown: from the root of all sources on.
    pub(super) shown: String,
    /// Its path below the source's place; empty for the place itself.
    pub(super) below: String,
}

/// Everything that lies at a source's place, by name.
pub(super) async fn listed(storage: &Storage, source: &Source) -> Result<Vec<Listed>> {
    let root = source.path.trim_end_matches('/');
    let files = storage.files(&source.path).await?.into_iter().map(|meta| {
        let shown = storage.relative(&meta.location).unwrap_or_else(|| meta.location.to_string());
        let below = shown.strip_prefix(root).unwrap_or(&shown).trim_start_matches('/').to_owned();
        Listed { meta, shown, below }
    });
    Ok(files.collect())
}

/// Whether a file is passed by in silence, as Spark does: hidden names, `_SUCCESS`, `_metadata`, check sums. A column of
/// a folder's name may begin with `_`.
pub(super) fn is_hidden(below: &str) -> bool {
    let hidden = |name: &str| name.starts_with('.') || (name.starts_with('_') && !name.contains('='));
    below.split('/').any(hidden) || below.ends_with(".crc")
}

/// Whether a name promises Parquet.
pub(super) fn promises_parquet(below: &str) -> bool {
    let lower = below.to_lowercase();
    below.is_empty() || [".parquet", ".parq", ".pq"].iter().any(|end| lower.ends_with(end))
}

/// The `name=value` of the folders that a file lies in.
pub(super) fn folders(below: &str) -> Vec<(String, Option<String>)> {
    let names = below.split('/').rev().skip(1);
    let mut pairs: Vec<_> = names
        .filter_map(|folder| folder.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .map(|(name, value)| (name, Some(value).filter(|value| value != HIVE_NULL)))
        .collect();
    pairs.reverse();
    pairs
}

/// A name with its `%20` and the like as the characters that they stand for; what stands for no text stays.
fn decoded(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| name.to_owned())
}

/// A table whose log says which of its files live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableFormat {
    Delta,
    Iceberg,
    Hudi,
}

impl TableFormat {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Delta => "Delta",
            Self::Iceberg => "Iceberg",
            Self::Hudi => "Hudi",
        }
    }

    /// What a path below a table tells.
    fn of(below: &str) -> Option<Self> {
        let mut names = below.split('/').rev();
        let file = names.next()?;
        let folders: Vec<&str> = names.collect();
        if folders.contains(&"_delta_log") {
            return Some(Self::Delta);
        }
        if folders.contains(&".hoodie") || file == ".hoodie_partition_metadata" {
            return Some(Self::Hudi);
        }
        let is_metadata = file.ends_with(".metadata.json") || file == "version-hint.text";
        (is_metadata && folders.first() == Some(&"metadata")).then_some(Self::Iceberg)
    }
}

/// The table format that a source's place is a table of, or a part of.
pub(super) async fn table_format(
    storage: &Storage,
    source: &Source,
    files: &[Listed],
) -> Result<Option<TableFormat>> {
    if let Some(format) = files.iter().find_map(|file| TableFormat::of(&file.below)) {
        return Ok(Some(format));
    }
    // A part of a table: its log lies in a folder above.
    let mut above = source.path.trim_end_matches('/');
    while let Some((parent, _)) = above.rsplit_once('/') {
        for folder in storage.folders(parent).await? {
            let format = match folder.as_str() {
                "_delta_log" => Some(TableFormat::Delta),
                ".hoodie" => Some(TableFormat::Hudi),
                "metadata" => {
                    let files = storage.list(&format!("{parent}/metadata")).await?;
                    let names = files.iter().filter_map(|file| file.location.filename());
                    names.into_iter().find_map(|name| TableFormat::of(&format!("metadata/{name}")))
                }
                _ => None,
            };
            if format.is_some() {
                return Ok(format);
            }
        }
        above = parent;
    }
    Ok(None)
}
