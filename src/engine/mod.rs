//! The engine: the only place that names DataFusion's session.
//!
//! [`Engine`] holds what a process shares (threads, memory, spill files); [`Session`] is one catalogue of
//! layers in which models are planned: empty sources for `check`, Parquet for `run`, rows for `test`.

pub mod build_side;
mod calendar;
mod cast_names;
mod checked;
pub(crate) mod copied;
pub mod day_rank;
pub mod day_window;
pub mod diagnose;
pub mod digests;
mod faults;
pub(crate) mod foreign;
mod frames;
mod frugal;
pub mod functions;
mod grouping;
pub(crate) mod in_turn;
mod kept_order;
mod key_sieve;
pub(crate) mod landed;
pub mod lanes;
mod memory;
mod microseconds;
mod narrowing;
pub(crate) mod reported;
mod room;
pub mod rules;
pub(crate) mod scans;
pub mod session;
pub(crate) mod shown;
pub mod side_by_side;
mod similar;
pub mod sources;
pub mod stored_days;
mod subqueries;
pub(crate) mod unknown;
mod wary_parquet;
pub(crate) mod whole_keys;
mod within_nanoseconds;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool, PeakRecordingPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::SessionConfig;

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
pub(crate) use frames::{is_ahead, is_behind};
pub(crate) use memory::ran_out;
pub use memory::{parse_memory, peak_resident, resident};
pub use session::Session;

/// Stack of a thread that plans: deep queries are walked by recursion. Only what is used of a stack costs memory.
pub(crate) const PLANNING_STACK: usize = 256 << 20;

/// Sorts of a thread for whose merges there is room when memory is scarce.
const SORTS_AT_ONCE: usize = 48;

/// What a person may set.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Worker threads; all of the machine's where not set.
    pub threads: Option<NonZeroUsize>,
    /// Bytes for the operators that track their memory; past it they spill to disk. Half of the machine's or the
    /// cgroup's memory where not set.
    pub memory_limit: Option<usize>,
    /// Where spill files go; the system's temporary folder where not set.
    pub temp_dir: Option<PathBuf>,
}

/// What all sessions of a process share.
#[derive(Debug, Clone)]
pub struct Engine {
    runtime: Arc<RuntimeEnv>,
    pool: Arc<PeakRecordingPool>,
    threads: usize,
    memory_limit: usize,
}

impl Engine {
    /// Sets threads, memory and spilling up.
    ///
    /// # Errors
    /// When the folder for spill files cannot be used.
    pub fn new(options: &EngineOptions) -> Result<Self> {
        let threads = options
            .threads
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get);
        let memory_limit = options.memory_limit.unwrap_or_else(memory::default_limit);
        // Fair, because several spilling operators run side by side; tracked, because "out of memory" must say who.
        let fair: Arc<dyn MemoryPool> = Arc::new(TrackConsumersPool::new(
            FairSpillPool::new(memory_limit),
            NonZeroUsize::new(3).unwrap_or(NonZeroUsize::MIN),
        ));
        let pool = Arc::new(PeakRecordingPool::new(fair));
        let shared: Arc<dyn MemoryPool> = Arc::clone(&pool) as _;
        // Listings are never cached: a run must see the files of now, and `run` itself writes some.
        let mut builder = RuntimeEnvBuilder::new().with_memory_pool(shared).with_object_list_cache_limit(0);
        if let Some(folder) = &options.temp_dir {
            builder = builder.with_temp_file_path(folder);
        }
        let runtime = builder.build_arc().map_err(|error| {
            let message = format!("spill files cannot be set up: {}", error.strip_backtrace());
            Error::Project(
                Diagnostic::error("temp-dir", message).help("name a writable folder with --temp-dir").into(),
            )
        })?;
        Ok(Self { runtime, pool, threads, memory_limit })
    }

    /// Worker threads.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Bytes that tracked operators may hold.
    pub fn memory_limit(&self) -> usize {
        self.memory_limit
    }

    /// The most bytes that tracked operators held so far.
    pub fn peak_tracked(&self) -> usize {
        self.pool.peak_reserved()
    }

    /// What object stores are registered with.
    pub fn runtime(&self) -> &Arc<RuntimeEnv> {
        &self.runtime
    }

    fn config(&self) -> SessionConfig {
        let mut config =
            SessionConfig::new().with_target_partitions(self.threads).with_information_schema(false);
        let options = config.options_mut();
        options.sql_parser.collect_spans = true;
        options.catalog.create_default_catalog_and_schema = false;
        options.execution.collect_statistics = true;
        options.execution.parquet.pushdown_filters = false;
        // A LIMIT above a window would cut off rows that `lead` has to look at (apache/datafusion#25471).
        options.optimizer.enable_window_limits = false;
        // A filter that a join or sort makes while it runs is handed down by the names of columns; below, another column may
        // have that name, and rows are lost (apache/datafusion#25262, #25263, #25264).
        options.optimizer.enable_dynamic_filter_pushdown = false;
        options.optimizer.enable_join_dynamic_filter_pushdown = false;
        options.optimizer.enable_topk_dynamic_filter_pushdown = false;
        options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
        // Each sort of each thread sets this aside for its merge: all of them together at most a share of the memory.
        let for_merges = self.memory_limit / (SORTS_AT_ONCE * self.threads);
        options.execution.sort_spill_reservation_bytes = for_merges.min(10 << 20);
        // Compressed spill files cost little time and a third of the disk.
        options.execution.spill_compression = datafusion::config::SpillCompression::Lz4Frame;
        config
    }
}
