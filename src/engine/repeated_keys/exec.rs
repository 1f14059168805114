//! The plan's node: notes the keys of all rows, then lets through those whose key may repeat.

use std::fmt;
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::filter_record_batch;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::common::runtime::JoinSet;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, exec_datafusion_err, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::execution_plan::{
    CardinalityEffect, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PhysicalExpr, PlanProperties,
    apply_expression_roots,
};
use futures::future::{BoxFuture, Shared};
use futures::{FutureExt, StreamExt, TryStreamExt};

use super::sieve::Sieve;

/// Bytes of the sieve for each row expected: one row in thirteen that is alone in having its key gets through.
const BYTES_A_ROW: usize = 2;

/// The sieve takes at most this share of the memory there is.
const SHARE: usize = 8;

/// The least that a sieve has.
const LEAST_BYTES: usize = 1 << 16;

/// Reads keys, then rows; puts out the rows whose key may be that of another row as well.
#[derive(Debug, Clone)]
pub(super) struct RepeatedKeysExec {
    keys: Arc<dyn ExecutionPlan>,
    rows: Arc<dyn ExecutionPlan>,
    /// The keys, as expressions over the rows.
    by: Vec<Arc<dyn PhysicalExpr>>,
    expected: usize,
    properties: Arc<PlanProperties>,
    noting: Arc<Mutex<Option<Noting>>>,
}

/// The first pass, which all partitions of the second wait for.
#[derive(Clone)]
struct Noting {
    noted: Shared<BoxFuture<'static, Result<Arc<Noted>, Arc<DataFusionError>>>>,
    /// How many partitions have not asked for it yet.
    waiting: usize,
}

/// All keys are noted.
struct Noted {
    sieve: Sieve,
    /// The memory of the sieve, given back when the last partition is done.
    _memory: MemoryReservation,
}

impl fmt::Debug for Noting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Noting").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

impl RepeatedKeysExec {
    /// `keys` has the values of `by` for each of the `rows`, of which about so many are expected.
    pub(super) fn new(
        keys: Arc<dyn ExecutionPlan>,
        rows: Arc<dyn ExecutionPlan>,
        by: Vec<Arc<dyn PhysicalExpr>>,
        expected: usize,
    ) -> Self {
        let properties = Arc::new(PlanProperties::new(
            rows.equivalence_properties().clone(),
            rows.output_partitioning().clone(),
            EmissionType::Incremental,
            rows.boundedness(),
        ));
        Self { keys, rows, by, expected, properties, noting: Arc::default() }
    }

    /// The first pass, begun by whoever asks first.
    fn noting(&self, context: &Arc<TaskContext>) -> Result<Noting> {
        let Ok(mut noting) = self.noting.lock() else {
            return internal_err!("another partition of this RepeatedKeysExec panicked");
        };
        let mut current = noting.take().unwrap_or_else(|| {
            let (keys, expected, context) = (Arc::clone(&self.keys), self.expected, Arc::clone(context));
            let noted = async move { note(&keys, expected, &context).await.map_err(Arc::new) };
            Noting {
                noted: noted.boxed().shared(),
                waiting: self.rows.output_partitioning().partition_count(),
            }
        });
        current.waiting -= 1;
        *noting = (current.waiting > 0).then(|| current.clone());
        Ok(current)
    }
}

impl DisplayAs for RepeatedKeysExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let by: Vec<String> = self.by.iter().map(ToString::to_string).collect();
        match format {
            DisplayFormatType::TreeRender => writeln!(f, "by={}", by.join(", ")),
            _ => write!(f, "RepeatedKeysExec: by=[{}]", by.join(", ")),
        }
    }
}

impl ExecutionPlan for RepeatedKeysExec {
    fn name(&self) -> &str {
        "RepeatedKeysExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.keys, &self.rows]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false, true]
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Ok([keys, rows]) = <[Arc<dyn ExecutionPlan>; 2]>::try_from(children) else {
            return internal_err!("RepeatedKeysExec has two inputs");
        };
        Ok(Arc::new(Self::new(keys, rows, self.by.clone(), self.expected)))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        apply_expression_roots(&self.by, f)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let noting = self.noting(&context)?;
        let rows = self.rows.execute(partition, context)?;
        let by = self.by.clone();
        let sifted = async move {
            let noted = noting.noted.await.map_err(DataFusionError::Shared)?;
            let mut hashes = Vec::new();
            let sifted = rows.map(move |batch| {
                let batch = batch?;
                hash(&by, &batch, &mut hashes)?;
                let kept =
                    BooleanBuffer::collect_bool(hashes.len(), |row| noted.sieve.may_repeat(hashes[row]));
                Ok(filter_record_batch(&batch, &BooleanArray::new(kept, None))?)
            });
            Ok::<_, DataFusionError>(sifted.try_filter(|batch| std::future::ready(batch.num_rows() > 0)))
        };
        let sifted = sifted.into_stream().try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), sifted)))
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::LowerEqual
    }
}

/// The first pass: every partition of the keys in a task of its own.
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
                hash_columns(batch.columns(), batch.num_rows(), &mut hashes)?;
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
    let memory = MemoryConsumer::new("RepeatedKeysExec").register(pool);
    let most = match pool.memory_limit() {
        MemoryLimit::Finite(limit) => limit / SHARE,
        _ => usize::MAX,
    };
    let mut bytes = expected.saturating_mul(BYTES_A_ROW).min(most).max(LEAST_BYTES).next_power_of_two();
    if bytes > most {
        bytes /= 2;
    }
    memory.try_grow(bytes)?;
    Ok((bytes, memory))
}

fn hash(by: &[Arc<dyn PhysicalExpr>], batch: &RecordBatch, hashes: &mut Vec<u64>) -> Result<()> {
    let keys = by.iter().map(|key| key.evaluate(batch)?.into_array(batch.num_rows()));
    hash_columns(&keys.collect::<Result<Vec<ArrayRef>>>()?, batch.num_rows(), hashes)
}

/// The same keys have the same hash in both passes.
fn hash_columns(keys: &[ArrayRef], rows: usize, hashes: &mut Vec<u64>) -> Result<()> {
    hashes.clear();
    hashes.resize(rows, 0);
    create_hashes(keys, &RandomState::with_seed(0), hashes).map(drop)
}
