//! What a run did, as data.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::diagnostic::Diagnostics;
use crate::plan::OtherColumns;
use crate::project::layer::ModelName;
use crate::project::reported::Reports;
use crate::table::PublishedTable;

/// What a run did.
#[derive(Debug, Clone)]
pub struct Report {
    /// Names the run.
    pub run_id: String,
    /// Each model that was built, in order.
    pub models: Vec<BuiltModel>,
    /// Views that were computed once for several models, each with the rows that were read for it.
    pub once: Vec<(ModelName, u64)>,
    /// Tables that were read as they are published, each with how many days of it; 0 of one that is stored whole.
    pub as_published: BTreeMap<ModelName, usize>,
    /// Audits that ran as queries and passed (those in the stream of a table are part of building it).
    pub audits: usize,
    /// Audits that a run from published tables cannot look into, each with the reason.
    pub left_out: Vec<String>,
    /// Published marts that follow from what a run from published tables computed, and were not built again.
    pub older: Vec<Older>,
    /// What is worth knowing of what was built.
    pub warnings: Diagnostics,
    /// As of which days the sources are reported of which models ask.
    pub reported: Reports,
    /// What became visible, table by table.
    pub tables: Vec<PublishedTable>,
    /// Columns that were declared as NULL on published days that were not built.
    pub added_columns: Vec<AddedColumns>,
    /// The commit that made it visible; `None` where nothing is published yet, or all of it was published before.
    pub commit: Option<u64>,
}

impl Report {
    /// Files written or replaced.
    pub fn files_written(&self) -> usize {
        self.tables.iter().map(|table| table.written).sum()
    }

    /// Files that were published before, byte for byte.
    pub fn files_unchanged(&self) -> usize {
        self.tables.iter().map(|table| table.unchanged).sum()
    }
}

/// What was built of one model.
#[derive(Debug, Clone)]
pub struct BuiltModel {
    /// The model.
    pub name: ModelName,
    /// Rows read from files: of sources and of stored tables, what pruning left out not among them.
    pub rows_read: u64,
    /// Rows staged, those of days that only other models look back to included.
    pub rows: u64,
    /// Bytes of Parquet.
    pub bytes: u64,
    /// Wall time.
    pub took: Duration,
    /// The most memory that the process was seen to hold meanwhile, in bytes, where the system tells.
    pub memory: Option<u64>,
    /// Whether it is published, or was only built for others to read.
    pub published: bool,
}

/// A published mart that a run has left as it is, though scores that it reads are new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Older {
    /// The mart.
    pub mart: ModelName,
    /// Why it was not built.
    pub why: String,
}

/// Columns that a run has declared on published days of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedColumns {
    /// The table.
    pub table: ModelName,
    /// The columns.
    pub columns: Vec<String>,
    /// How many days did not have them.
    pub days: usize,
}

impl From<&OtherColumns> for AddedColumns {
    fn from(other: &OtherColumns) -> Self {
        let columns = other.new.keys().cloned().collect();
        Self { table: other.table.clone(), columns, days: other.days.len() }
    }
}
