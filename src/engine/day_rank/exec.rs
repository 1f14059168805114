//! The node of the plan: days are collected, computed and put out.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::partition;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::utils::memory::get_record_batch_memory_size;
use datafusion::common::{Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{
    EquivalenceProperties, LexRequirement, OrderingRequirements, PhysicalSortExpr, PhysicalSortRequirement,
};
use datafusion::physical_plan::execution_plan::{
    CardinalityEffect, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, ExecutionPlanProperties,
    InputDistributionRequirements, PhysicalExpr, PlanProperties, apply_expression_roots,
};
use futures::{StreamExt, stream};

use super::places::Places;

/// Places and counts within a day, of rows that come day by day: rows go out as they came, with the results behind
/// their columns.
#[derive(Debug, Clone)]
pub(super) struct DayRankExec {
    input: Arc<dyn ExecutionPlan>,
    /// What rows come in the order of.
    day: PhysicalSortExpr,
    places: Arc<Places>,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl DayRankExec {
    /// The operator over an input; `schema` has its columns and then those of the results.
    pub(super) fn new(
        input: Arc<dyn ExecutionPlan>,
        day: PhysicalSortExpr,
        places: Arc<Places>,
        schema: SchemaRef,
    ) -> Self {
        let mut equivalences = EquivalenceProperties::new(Arc::clone(&schema));
        // The input's columns keep their places, and so what is known of them holds.
        let orderings = input.equivalence_properties().oeq_class().iter().cloned();
        equivalences.add_orderings(orderings.collect::<Vec<_>>());
        let properties = Arc::new(PlanProperties::new(
            equivalences,
            input.output_partitioning().clone(),
            EmissionType::Incremental,
            input.boundedness(),
        ));
        Self { input, day, places, schema, properties, metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for DayRankExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let own = self.input.schema().fields().len();
        let results = self.schema.fields()[own..].iter().map(|field| field.name().as_str());
        let results = results.collect::<Vec<_>>().join(", ");
        match format {
            DisplayFormatType::TreeRender => writeln!(f, "{results}"),
            _ => write!(f, "DayRankExec: day={}, windows=[{results}]", self.day.expr),
        }
    }
}

impl ExecutionPlan for DayRankExec {
    fn name(&self) -> &str {
        "DayRankExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::KeyPartitioned(vec![Arc::clone(
            &self.day.expr,
        )])])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let day = PhysicalSortRequirement::new(Arc::clone(&self.day.expr), Some(self.day.options));
        vec![LexRequirement::new([day]).map(OrderingRequirements::new)]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
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
            return internal_err!("DayRankExec has one input");
        };
        let (places, schema) = (Arc::clone(&self.places), Arc::clone(&self.schema));
        Ok(Arc::new(Self::new(input, self.day.clone(), places, schema)))
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
        let order = self.places.order.iter().map(|by| &by.expr);
        let values = self.places.results.iter().filter_map(|place| place.value());
        apply_expression_roots(
            std::iter::once(&self.day.expr).chain(&self.places.groups).chain(order).chain(values),
            f,
        )
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let consumer = MemoryConsumer::new(format!("DayRankExec[{partition}]"));
        let days = Days {
            day: Arc::clone(&self.day.expr),
            places: Arc::clone(&self.places),
            schema: Arc::clone(&self.schema),
            input: self.input.execute(partition, Arc::clone(&context))?,
            reservation: consumer.register(context.memory_pool()),
            baseline: BaselineMetrics::new(&self.metrics, partition),
            rows: Vec::new(),
            last: None,
            done: VecDeque::new(),
            is_over: false,
        };
        let batches =
            stream::try_unfold(
                days,
                |mut days| async move { Ok(days.next().await?.map(|batch| (batch, days))) },
            );
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }
}

/// The rows of one partition: those of the latest day so far, and those that are on their way out.
struct Days {
    day: Arc<dyn PhysicalExpr>,
    places: Arc<Places>,
    schema: SchemaRef,
    input: SendableRecordBatchStream,
    reservation: MemoryReservation,
    baseline: BaselineMetrics,
    rows: Vec<RecordBatch>,
    /// The latest day, one row long.
    last: Option<ArrayRef>,
    done: VecDeque<RecordBatch>,
    is_over: bool,
}

impl Days {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.done.pop_front() {
                self.baseline.record_output(batch.num_rows());
                return Ok(Some(batch));
            }
            if self.is_over {
                return Ok(None);
            }
            let batch = self.input.next().await.transpose()?;
            let time = self.baseline.elapsed_compute().clone();
            let _timer = time.timer();
            if let Some(batch) = batch {
                self.push(&batch)?;
            } else {
                self.is_over = true;
                self.finish()?;
            }
        }
    }

    /// Takes rows in; days that they show to be complete go out.
    fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let days = self.day.evaluate(batch)?.into_array(batch.num_rows())?;
        for run in partition(&[Arc::clone(&days)])?.ranges() {
            let day = days.slice(run.start, 1);
            if self.last.as_ref().is_some_and(|last| last.to_data() != day.to_data()) {
                self.finish()?;
            }
            self.last = Some(day);
            let rows = batch.slice(run.start, run.len());
            self.reservation.try_grow(get_record_batch_memory_size(&rows))?;
            self.rows.push(rows);
        }
        Ok(())
    }

    /// The rows of a complete day go out with their results.
    fn finish(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.reservation.free();
        if rows.is_empty() {
            return Ok(());
        }
        let results = self.places.of_day(&rows)?;
        let mut start = 0;
        for batch in rows {
            let count = batch.num_rows();
            let more = results.iter().map(|result| result.slice(start, count));
            let columns = batch.columns().iter().cloned().chain(more).collect();
            self.done.push_back(RecordBatch::try_new(Arc::clone(&self.schema), columns)?);
            start += count;
        }
        Ok(())
    }
}
