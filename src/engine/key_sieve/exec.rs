//! The plan's node: waits until the keys of all rows are noted, then lets through those whose key stands once, or the
//! others.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::BatchCoalescer;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::projection::{ProjectionExprs, update_expr};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_plan::execution_plan::{
    CardinalityEffect, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PhysicalExpr, PlanProperties,
    apply_expression_roots,
};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};

use super::noting::{Asking, Keep, Noted, Noting, hash};

/// One row in so many is believed to have a key that repeats, where others have to guess.
const ONE_REPEATS_IN: usize = 16;

/// Reads keys, then rows; puts out one kind of the rows, in their order.
#[derive(Debug, Clone)]
pub(super) struct KeySieveExec {
    keep: Keep,
    keys: Arc<dyn ExecutionPlan>,
    rows: Arc<dyn ExecutionPlan>,
    /// The keys, as expressions over the rows.
    by: Vec<Arc<dyn PhysicalExpr>>,
    noting: Arc<Noting>,
    properties: Arc<PlanProperties>,
}

impl KeySieveExec {
    /// `keys` has the values of `by` for each of the `rows`.
    pub(super) fn new(
        keep: Keep,
        keys: Arc<dyn ExecutionPlan>,
        rows: Arc<dyn ExecutionPlan>,
        by: Vec<Arc<dyn PhysicalExpr>>,
        noting: Arc<Noting>,
    ) -> Self {
        let properties = Arc::new(PlanProperties::new(
            rows.equivalence_properties().clone(),
            rows.output_partitioning().clone(),
            EmissionType::Incremental,
            rows.boundedness(),
        ));
        Self { keep, keys, rows, by, noting, properties }
    }

    /// The same over other inputs: judged by the same sieve.
    fn over(
        &self,
        keys: Arc<dyn ExecutionPlan>,
        rows: Arc<dyn ExecutionPlan>,
        by: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Self {
        Self::new(self.keep, keys, rows, by, Arc::clone(&self.noting))
    }
}

impl DisplayAs for KeySieveExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let by: Vec<String> = self.by.iter().map(ToString::to_string).collect();
        match format {
            DisplayFormatType::TreeRender => writeln!(f, "keep={:?}\nby={}", self.keep, by.join(", ")),
            _ => write!(f, "KeySieveExec: keep={:?}, by=[{}]", self.keep, by.join(", ")),
        }
    }
}

impl ExecutionPlan for KeySieveExec {
    fn name(&self) -> &str {
        "KeySieveExec"
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
            return internal_err!("KeySieveExec has two inputs");
        };
        Ok(Arc::new(self.over(keys, rows, self.by.clone())))
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
        let partitions = self.rows.output_partitioning().partition_count();
        let asking = Asking { keep: self.keep, partition, partitions, keys: &self.keys };
        let awaited = self.noting.awaited(&asking, &context)?;
        let rows = self.rows.execute(partition, Arc::clone(&context))?;
        let (keep, by) = (self.keep, self.by.clone());
        let gathered = BatchCoalescer::new(self.schema(), context.session_config().batch_size());
        let sifted = async move {
            let noted = awaited.await.map_err(DataFusionError::Shared)?;
            let sifting = Sifting { keep, by, noted, rows, gathered, hashes: Vec::new(), is_over: false };
            Ok::<_, DataFusionError>(stream::try_unfold(sifting, |mut sifting| async move {
                Ok(sifting.next().await?.map(|batch| (batch, sifting)))
            }))
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), sifted.into_stream().try_flatten())))
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::LowerEqual
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::Skip, ChildStats::At(partition)]
    }

    fn statistics_from_inputs(
        &self,
        inputs: &[Arc<Statistics>],
        _args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        let [_, rows] = inputs else { return internal_err!("KeySieveExec has two inputs") };
        let mut statistics = rows.as_ref().clone().to_inexact();
        if self.keep == Keep::Repeated {
            let few = |all: usize| all.div_ceil(ONE_REPEATS_IN);
            statistics.num_rows = statistics.num_rows.map(few);
            statistics.total_byte_size = statistics.total_byte_size.map(few);
        }
        Ok(Arc::new(statistics))
    }

    /// Columns that nobody above wants, and that are no keys, are not read.
    fn try_swapping_with_projection(
        &self,
        projection: &ProjectionExec,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let schema = self.schema();
        let above = projection.expr().iter().map(|column| &column.expr);
        let wanted = above.chain(&self.by).flat_map(collect_columns);
        let wanted: BTreeSet<usize> = wanted.map(|column| column.index()).collect();
        if wanted.len() == schema.fields().len() {
            return Ok(None);
        }
        let narrow = ProjectionExprs::from_indices(&wanted.into_iter().collect::<Vec<_>>(), &schema);
        let narrowed = |expr: &Arc<dyn PhysicalExpr>| update_expr(expr, narrow.as_ref(), false);
        let by = self.by.iter().map(narrowed).collect::<Result<Option<Vec<_>>>>()?;
        let columns = projection.expr().iter().map(|column| {
            let expr = narrowed(&column.expr)?;
            Ok(expr.map(|expr| ProjectionExpr::new(expr, column.alias.clone())))
        });
        let (Some(by), Some(columns)) = (by, columns.collect::<Result<Option<Vec<_>>>>()?) else {
            return Ok(None);
        };
        let rows = ProjectionExec::try_new(narrow.as_ref().to_vec(), Arc::clone(&self.rows))?;
        let sieve: Arc<dyn ExecutionPlan> = Arc::new(self.over(Arc::clone(&self.keys), Arc::new(rows), by));
        let projected =
            ProjectionExec::try_new_with_schema_metadata(columns, sieve, projection.schema().as_ref())?;
        Ok(Some(Arc::new(projected)))
    }
}

/// The rows of one partition on their way through.
struct Sifting {
    keep: Keep,
    by: Vec<Arc<dyn PhysicalExpr>>,
    noted: Arc<Noted>,
    rows: SendableRecordBatchStream,
    /// Kept rows in batches of the usual size: a few rows of a batch would hold all of its texts.
    gathered: BatchCoalescer,
    hashes: Vec<u64>,
    is_over: bool,
}

impl Sifting {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.gathered.next_completed_batch() {
                return Ok(Some(batch));
            }
            if self.is_over {
                return Ok(None);
            }
            if let Some(batch) = self.rows.next().await.transpose()? {
                self.sift(batch)?;
            } else {
                self.is_over = true;
                self.gathered.finish_buffered_batch()?;
            }
        }
    }

    fn sift(&mut self, batch: RecordBatch) -> Result<()> {
        let keys = self.by.iter().map(|key| key.evaluate(&batch)?.into_array(batch.num_rows()));
        hash(&keys.collect::<Result<Vec<ArrayRef>>>()?, batch.num_rows(), &mut self.hashes)?;
        let wanted = self.keep == Keep::Repeated;
        let (sieve, hashes) = (&self.noted.sieve, &self.hashes);
        let kept = BooleanBuffer::collect_bool(hashes.len(), |row| sieve.may_repeat(hashes[row]) == wanted);
        Ok(self.gathered.push_batch_with_filter(batch, &BooleanArray::new(kept, None))?)
    }
}
