//! Rows that come in an order, which is looked at as they pass.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, DynComparator, RecordBatch, make_comparator};
use arrow::compute::SortOptions;
use arrow::error::ArrowError;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, exec_err, internal_err};
use datafusion::config::ConfigOptions;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{
    CardinalityEffect, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::filter_pushdown::{
    ChildPushdownResult, FilterDescription, FilterPushdownPhase, FilterPushdownPropagation,
};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PhysicalExpr, PlanProperties,
};
use datafusion::scalar::ScalarValue;
use futures::StreamExt;

/// The order of stored rows.
const ASCENDING: SortOptions = SortOptions { descending: false, nulls_first: false };

/// Passes rows on. Each partition must be sorted by some columns and lie within its range: other rows are an error.
#[derive(Debug, Clone)]
pub(super) struct InOrderExec {
    input: Arc<dyn ExecutionPlan>,
    order: Vec<usize>,
    properties: Arc<PlanProperties>,
}

impl InOrderExec {
    /// The rows of an input, whose partitions are sorted by these columns.
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, order: Vec<usize>) -> Self {
        let schema = input.schema();
        let by = order.iter().map(|column| {
            PhysicalSortExpr::new(Arc::new(Column::new(schema.field(*column).name(), *column)), ASCENDING)
        });
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new_with_orderings(Arc::clone(&schema), [by.collect::<Vec<_>>()]),
            input.output_partitioning().clone(),
            EmissionType::Incremental,
            input.boundedness(),
        ));
        Self { input, order, properties }
    }

    /// The least and the first too great value of the first column in a partition, as far as there are any.
    fn range(&self, partition: usize) -> [Option<ScalarValue>; 2] {
        let Partitioning::Range(range) = self.input.output_partitioning() else { return [None, None] };
        let split = |at: Option<usize>| {
            at.and_then(|at| range.split_points().get(at)).and_then(|split| split.values().first().cloned())
        };
        [split(partition.checked_sub(1)), split(Some(partition))]
    }
}

impl DisplayAs for InOrderExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let schema = self.input.schema();
        let names: Vec<&str> =
            self.order.iter().map(|column| schema.field(*column).name().as_str()).collect();
        match format {
            DisplayFormatType::TreeRender => writeln!(f, "{}", names.join(", ")),
            _ => write!(f, "InOrderExec: [{}]", names.join(", ")),
        }
    }
}

impl ExecutionPlan for InOrderExec {
    fn name(&self) -> &str {
        "InOrderExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        // The order that passes is the one declared: no other may be asked of the input in its place.
        vec![false]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (Some(input), true) = (children.pop(), children.is_empty()) else {
            return internal_err!("InOrderExec has one input");
        };
        Ok(Arc::new(Self::new(input, self.order.clone())))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let [from, to] = self.range(partition);
        let mut watch = Watch { order: self.order.clone(), from, to, last: None };
        let rows = self.input.execute(partition, context)?;
        let watched = rows.map(move |batch| {
            let batch = batch?;
            watch.see(&batch)?;
            Ok(batch)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), watched)))
    }

    fn gather_filters_for_pushdown(
        &self,
        _phase: FilterPushdownPhase,
        parent_filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> Result<FilterDescription> {
        FilterDescription::from_children(parent_filters, &self.children())
    }

    fn handle_child_pushdown_result(
        &self,
        _phase: FilterPushdownPhase,
        child_pushdown_result: ChildPushdownResult,
        _config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        Ok(FilterPushdownPropagation::if_all(child_pushdown_result))
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(partition)]
    }

    fn statistics_from_inputs(
        &self,
        inputs: &[Arc<Statistics>],
        _args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        match inputs {
            [input] => Ok(Arc::clone(input)),
            _ => internal_err!("InOrderExec has one input"),
        }
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }
}

/// The order of the rows of a partition, as far as they have come.
struct Watch {
    order: Vec<usize>,
    /// The range of the first column: from, and up to but without.
    from: Option<ScalarValue>,
    to: Option<ScalarValue>,
    /// The last row seen, each column one row long.
    last: Option<Vec<ArrayRef>>,
}

impl Watch {
    fn see(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = batch.num_rows();
        let (Some(end), [first, ..]) = (rows.checked_sub(1), &self.order[..]) else { return Ok(()) };
        let keys: Vec<ArrayRef> = self.order.iter().map(|column| Arc::clone(batch.column(*column))).collect();
        let within = comparators(&keys, &keys)?;
        let mut sorted = (1..rows).all(|row| compare(&within, row - 1, row).is_le());
        if let Some(last) = &self.last {
            sorted &= compare(&comparators(last, &keys)?, 0, 0).is_le();
        } else if let Some(from) = &self.from {
            sorted &= order(&from.to_array()?, batch.column(*first), 0)?.is_le();
        }
        if let Some(to) = &self.to {
            sorted &= order(&to.to_array()?, batch.column(*first), end)?.is_gt();
        }
        if !sorted {
            let names: Vec<&str> =
                self.order.iter().map(|column| batch.schema_ref().field(*column).name().as_str()).collect();
            return exec_err!(
                "stored rows do not come in the order of {}: build the table again",
                names.join(", ")
            );
        }
        self.last = Some(keys.iter().map(|key| key.slice(end, 1)).collect());
        Ok(())
    }
}

/// How a bound compares with a row.
fn order(bound: &ArrayRef, column: &ArrayRef, row: usize) -> Result<Ordering> {
    Ok(make_comparator(bound, column, ASCENDING)?(0, row))
}

/// One comparator for each column, between rows of two batches.
fn comparators(left: &[ArrayRef], right: &[ArrayRef]) -> Result<Vec<DynComparator>, ArrowError> {
    left.iter().zip(right).map(|(left, right)| make_comparator(left, right, ASCENDING)).collect()
}

fn compare(comparators: &[DynComparator], left: usize, right: usize) -> Ordering {
    let different = comparators.iter().map(|compare| compare(left, right)).find(|order| order.is_ne());
    different.unwrap_or(Ordering::Equal)
}
