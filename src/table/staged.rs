//! Files and tables in a run's staging folder, and what everything that writes into it shares.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use datafusion::execution::memory_pool::MemoryPool;
use url::Url;

use super::TableSpec;
use super::finding::Finding;
use super::upload::Writes;
use crate::engine::stored_days::DayFile;
use crate::error::{Error, Result};
use crate::storage::Storage;

/// What everything that writes into a run's staging folder shares.
pub(super) struct WriteContext {
    pub storage: Storage,
    /// The run's folder, relative to the storage.
    pub folder: String,
    /// Row groups encoded at the same time.
    pub threads: usize,
    pub memory: Arc<dyn MemoryPool>,
    /// What is being written into the folder.
    pub writes: Writes,
}

impl WriteContext {
    /// Where a file lies in staging that is published at `relative`.
    pub(super) fn staged(&self, relative: &str) -> String {
        format!("{}/{relative}", self.folder)
    }
}

/// One Parquet file in staging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFile {
    /// Its path below the run's folder, which is the path below the output's root once it is published.
    pub relative: String,
    /// Its day, when the table is stored by day.
    pub day: Option<NaiveDate>,
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub hash: String,
}

/// A table that is built and audited, and can be read where it lies.
#[derive(Debug)]
pub struct StagedTable {
    /// The table.
    pub spec: TableSpec,
    /// Where its folder is, for readers within the run.
    pub url: Url,
    /// Its files by name, so by day; only one when it is not stored by day.
    pub files: Vec<StagedFile>,
    /// The broken rules. A table with any is not published.
    pub findings: Vec<Finding>,
}

impl StagedTable {
    /// Rows of all its files.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Its files, each with its day and where it lies, as far as they are of a day.
    ///
    /// # Errors
    /// [`Error::Bug`] when a file lies where no URL leads to.
    pub(crate) fn days(&self) -> Result<Vec<DayFile>> {
        let of = |file: &StagedFile, day| {
            let name = file.relative.strip_prefix(&self.spec.folder()).unwrap_or_default();
            let url = self.url.join(name.trim_start_matches('/'));
            let url = url.map_err(|error| Error::Bug(format!("{}: {error}", file.relative)))?;
            // Each run writes under a name of its own, and each file once.
            Ok(DayFile { day, url, bytes: file.bytes, modified: DateTime::UNIX_EPOCH })
        };
        self.files.iter().filter_map(|file| file.day.map(|day| of(file, day))).collect()
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}
