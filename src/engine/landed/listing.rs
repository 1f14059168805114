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
    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Delta => "Delta",
            Self::Iceberg => "Iceberg",
            Self::Hudi => "Hudi",
        }
    }
}

/// A table of a format with a log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OfFormat {
    pub(super) format: TableFormat,
    /// The folder that holds its log, from the root of all sources on.
    pub(super) root: String,
}

impl OfFormat {
    /// What a path from the root of all sources on tells.
    fn of(path: &str) -> Option<Self> {
        let mut names: Vec<&str> = path.split('/').collect();
        let file = names.pop()?;
        let before = |place: usize| names[..place].join("/");
        let log = |name: &str| names.iter().position(|folder| *folder == name).map(before);
        if let Some(root) = log("_delta_log") {
            return Some(Self { format: TableFormat::Delta, root });
        }
        if let Some(root) = log(".hoodie") {
            return Some(Self { format: TableFormat::Hudi, root });
        }
        if file == ".hoodie_partition_metadata" {
            return Some(Self { format: TableFormat::Hudi, root: names.join("/") });
        }
        let is_metadata = file.ends_with(".metadata.json") || file == "version-hint.text";
        let is_log = is_metadata && names.last() == Some(&"metadata");
        is_log.then(|| Self { format: TableFormat::Iceberg, root: before(names.len() - 1) })
    }
}

/// The table that a source's place is, holds or is a part of.
pub(super) async fn table_format(
    storage: &Storage,
    source: &Source,
    files: &[Listed],
) -> Result<Option<OfFormat>> {
    if let Some(of) = files.iter().find_map(|file| OfFormat::of(&file.shown)) {
        return Ok(Some(of));
    }
    // A part of a table: its log lies in a folder above, as far up as the root of all sources.
    let mut above = source.path.trim_end_matches('/');
    while !above.is_empty() {
        let parent = above.rsplit_once('/').map_or("", |(parent, _)| parent);
        for folder in storage.folders(parent).await? {
            let format = match folder.as_str() {
                "_delta_log" => Some(TableFormat::Delta),
                ".hoodie" => Some(TableFormat::Hudi),
                "metadata" => {
                    let files = storage.list(format!("{parent}/metadata").trim_start_matches('/')).await?;
                    let names = files.iter().filter_map(|file| file.location.filename());
                    names
                        .into_iter()
                        .find_map(|name| OfFormat::of(&format!("metadata/{name}")))
                        .map(|of| of.format)
                }
                _ => None,
            };
            if let Some(format) = format {
                return Ok(Some(OfFormat { format, root: parent.to_owned() }));
            }
        }
        above = parent;
    }
    Ok(None)
}
