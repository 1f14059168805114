//! The reading of keys: done once in an execution, for all readings of rows that wait for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use arrow::array::ArrayRef;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::common::runtime::JoinSet;
use datafusion::common::{DataFusionError, Result, exec_datafusion_err, internal_err};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryReservation};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::future::{BoxFuture, Shared};
use futures::{FutureExt, StreamExt};

use super::sieve::Sieve;

/// Bytes of the sieve for each row expected: one row in thirteen whose key stands once is taken for one that may repeat.
const BYTES_A_ROW: usize = 2;

/// The sieve takes at most this share of the memory there is.
const SHARE: usize = 8;

/// The least that a sieve has.
const LEAST_BYTES: usize = 1 << 16;

/// What a sieve of few rows has, where there is room: nearly no key is then taken for one that may repeat.
const BYTES_OF_FEW: usize = 1 << 19;

/// Which rows a reading lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Keep {
    /// Those whose key stands once for certain.
    Once,
    /// Those whose key may stand more than once.
    Repeated,
}

/// A partition that asks for the sieve.
pub(super) struct Asking<'a> {
    pub(super) keep: Keep,
    pub(super) partition: usize,
    /// Of its reading.
    pub(super) partitions: usize,
    /// Where the keys are read, if nobody has begun.
    pub(super) keys: &'a Arc<dyn ExecutionPlan>,
}

/// All keys are noted.
pub(super) struct Noted {
    pub(super) sieve: Sieve,
    /// The memory of the sieve, given back when the last partition is done.
    _memory: MemoryReservation,
}

/// What all partitions wait for.
pub(super) type Awaited = Shared<BoxFuture<'static, Result<Arc<Noted>, Arc<DataFusionError>>>>;

/// The sieve of one plan: every row is judged by the same bits, whichever reading it comes in.
#[derive(Debug)]
pub(super) struct Noting {
    /// What the readings of the rows keep: each of these asks for the sieve in each of its partitions.
    readings: &'static [Keep],
    /// How many rows there are, about.
    expected: usize,
    current: Mutex<Option<Current>>,
}

/// One execution: begun by the partition that asks first, let go when the last one has asked.
struct Current {
    /// Which execution this is.
    context: Arc<TaskContext>,
    noted: Awaited,
    asked: BTreeSet<(Keep, usize)>,
    partitions: BTreeMap<Keep, usize>,
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Current").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl Noting {
    pub(super) fn new(readings: &'static [Keep], expected: usize) -> Self {
        Self { readings, expected, current: Mutex::default() }
    }

    /// The sieve for a partition of one of the readings.
    pub(super) fn awaited(&self, asking: &Asking<'_>, context: &Arc<TaskContext>) -> Result<Awaited> {
        let Ok(mut current) = self.current.lock() else {
            return internal_err!("another partition of this KeySieveExec panicked");
        };
        let asks = (asking.keep, asking.partition);
        let is_same =
            |current: &Current| Arc::ptr_eq(&current.context, context) && !current.asked.contains(&asks);
        let mut execution = current
            .take()
            .filter(is_same)
            .unwrap_or_else(|| Current::begun(asking.keys, self.expected, Arc::clone(context)));
        execution.asked.insert(asks);
        execution.partitions.insert(asking.keep, asking.partitions);
        let noted = execution.noted.clone();
        *current = (!execution.have_all_asked(self.readings)).then_some(execution);
        Ok(noted)
    }
}

impl Current {
    fn begun(keys: &Arc<dyn ExecutionPlan>, expected: usize, context: Arc<TaskContext>) -> Self {
        let (keys, within) = (Arc::clone(keys), Arc::clone(&context));
        let noted = async move { note(&keys, expected, &within).await.map_err(Arc::new) };
        Self { context, noted: noted.boxed().shared(), asked: BTreeSet::new(), partitions: BTreeMap::new() }
    }

    fn have_all_asked(&self, readings: &[Keep]) -> bool {
        let of_reading = |keep| self.partitions.get(keep).copied();
        let awaited: Option<usize> = readings.iter().map(of_reading).sum();
        awaited == Some(self.asked.len())
    }
}

/// Every partition of the keys in a task of its own.
async fn note(
    keys: &Arc<dyn ExecutionPlan>,
    expected: usize,
    context: &Arc<TaskContext>,
) -> Result<Arc<Noted>> {
    let (bytes, memory) = room(expected, context)?;
    let noted = Arc::new(Noted { sieve: Sieve::new(bytes), _memory: memory });
    let mut tasks = JoinSet::new();
    for partition in 0..keys.output_partitioning().partition_count() {
        let mut batches = keys.execute(partition, Arc::clone(context))?;
        let noted = Arc::clone(&noted);
        tasks.spawn(async move {
            let mut hashes = Vec::new();
            while let Some(batch) = batches.next().await.transpose()? {
                hash(batch.columns(), batch.num_rows(), &mut hashes)?;
                noted.sieve.note(&hashes);
            }
            Ok::<_, DataFusionError>(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.map_err(|error| exec_datafusion_err!("looking for repeated keys: {error}"))??;
    }
    Ok(noted)
}

/// How large the sieve may be: as its rows want it, or as large as the memory allows.
fn room(expected: usize, context: &TaskContext) -> Result<(usize, MemoryReservation)> {
    let pool = context.memory_pool();
    let memory = MemoryConsumer::new("KeySieveExec").register(pool);
    let most = match pool.memory_limit() {
        MemoryLimit::Finite(limit) => limit / SHARE,
        _ => usize::MAX,
    };
    let wanted = expected.saturating_mul(BYTES_A_ROW).max(BYTES_OF_FEW);
    let mut bytes = wanted.min(most).max(LEAST_BYTES).next_power_of_two();
    if bytes > most {
        bytes /= 2;
    }
    memory.try_grow(bytes)?;
    Ok((bytes, memory))
}

/// The hash of each row's key: the same key has the same in all readings. NULL is a key like any other.
pub(super) fn hash(keys: &[ArrayRef], rows: usize, hashes: &mut Vec<u64>) -> Result<()> {
    hashes.clear();
    hashes.resize(rows, 0);
    create_hashes(keys, &RandomState::with_seed(0), hashes).map(drop)
}
