//! What a run tells those who watch it: a progress bar, a log, or nobody.

use std::time::Duration;

use crate::project::layer::ModelName;

/// Something that happened in a run. Every number is of this model and this run.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// A run begins: its name and the number of models it will build.
    Begun {
        /// Names the run's staging folder and its log lines.
        run_id: &'a str,
        /// Models to build.
        models: usize,
    },
    /// A model's build begins.
    Building {
        /// The model.
        model: &'a ModelName,
    },
    /// Work goes on; sent a few times a second.
    Progress {
        /// The model.
        model: &'a ModelName,
        /// Rows read from files so far.
        rows_read: u64,
        /// Rows written to staging so far.
        rows_written: u64,
    },
    /// A model is staged and kept to its contract.
    Built {
        /// The model.
        model: &'a ModelName,
        /// Rows read from files, those of stored tables included.
        rows_read: u64,
        /// Rows staged.
        rows: u64,
        /// Bytes of Parquet staged.
        bytes: u64,
        /// Wall time.
        took: Duration,
        /// The most memory that the process was seen to hold meanwhile, in bytes, where the system tells.
        memory: Option<u64>,
    },
    /// All audits that run as queries have passed.
    Audited {
        /// How many.
        audits: usize,
        /// Wall time.
        took: Duration,
    },
    /// Everything staged is now what readers see.
    Published {
        /// Files written or replaced.
        files: usize,
        /// Files that were already there, byte for byte.
        unchanged: usize,
    },
}

/// Who watches a run.
pub trait Watch: Send + Sync {
    /// Called for each event, in order; must return quickly.
    fn saw(&self, event: &Event<'_>);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Watch for Quiet {
    fn saw(&self, _: &Event<'_>) {}
}
