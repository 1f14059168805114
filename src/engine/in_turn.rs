//! Plans that run one after the other, each giving its memory back before the next begins: the parts of a table, and on
//! one thread the members of a union.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::config::ConfigOptions;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{
    Boundedness, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PhysicalExpr,
    PlanProperties,
};
use futures::{StreamExt, TryStreamExt, stream};

/// The rows of several plans of one schema, those of the first before those of the second.
#[derive(Debug)]
pub(crate) struct InTurnExec {
    plans: Vec<Arc<dyn ExecutionPlan>>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl InTurnExec {
    /// The plans in their order.
    ///
    /// # Errors
    /// When there are none.
    pub(crate) fn try_new(plans: Vec<Arc<dyn ExecutionPlan>>) -> Result<Self> {
        let Some(schema) = plans.first().map(|first| first.schema()) else {
            return internal_err!("nothing to run in turn");
        };
        Ok(Self::with_schema(plans, schema))
    }

    /// The plans in their order, whose rows have a schema that holds those of all of them.
    fn with_schema(plans: Vec<Arc<dyn ExecutionPlan>>, schema: SchemaRef) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let single = |plan: Arc<dyn ExecutionPlan>| -> Arc<dyn ExecutionPlan> {
            match plan.output_partitioning().partition_count() {
                1 => plan,
                _ => Arc::new(CoalescePartitionsExec::new(plan)),
            }
        };
        let plans = plans.into_iter().map(single).collect();
        Self { plans, properties: Arc::new(properties), metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for InTurnExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        match format {
            DisplayFormatType::TreeRender => writeln!(f, "plans={}", self.plans.len()),
            _ => write!(f, "InTurnExec: plans={}", self.plans.len()),
        }
    }
}

impl ExecutionPlan for InTurnExec {
    fn name(&self) -> &str {
        "InTurnExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.plans.iter().collect()
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self::with_schema(children, self.schema())))
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
        let given = BaselineMetrics::new(&self.metrics, partition).output_rows().clone();
        // A plan is started when the one before it is done and dropped.
        let rows = stream::iter(self.plans.clone())
            .map(move |plan| plan.execute(0, Arc::clone(&context)))
            .try_flatten()
            .inspect_ok(move |batch| given.add(batch.num_rows()));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// Reads the members of a union one after the other where all of them end in one partition. DataFusion starts all at
/// once: a union of twenty sorted sources sorts twenty times at the same time, each with a twentieth of the memory.
#[derive(Debug)]
pub(crate) struct UnionsInTurn;

impl PhysicalOptimizerRule for UnionsInTurn {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let together =
                plan.downcast_ref::<CoalescePartitionsExec>().filter(|plan| plan.fetch().is_none());
            let union = together.and_then(|plan| plan.input().downcast_ref::<UnionExec>());
            let Some(union) = union else { return Ok(Transformed::no(plan)) };
            let members = union.children().into_iter().map(Arc::clone).collect();
            Ok(Transformed::yes(Arc::new(InTurnExec::with_schema(members, union.schema()))))
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "unions_in_turn"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use datafusion::physical_plan::{ExecutionPlan, collect};
    use datafusion::prelude::SessionContext;

    use super::InTurnExec;

    #[tokio::test]
    async fn each_plan_gives_all_its_rows_before_the_next() {
        let context = SessionContext::new();
        let mut plans = Vec::new();
        for first in [100_i64, 0, 50] {
            let sql =
                format!("SELECT value FROM generate_series({first}, {}) ORDER BY value", first + 30_000);
            plans.push(context.sql(&sql).await.unwrap().create_physical_plan().await.unwrap());
        }
        let in_turn = Arc::new(InTurnExec::try_new(plans).unwrap());
        let plan: Arc<dyn ExecutionPlan> = Arc::clone(&in_turn) as _;
        let batches = collect(plan, context.task_ctx()).await.unwrap();
        let values =
            batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec());
        let expected = [100_i64, 0, 50].into_iter().flat_map(|first| first..=first + 30_000);
        assert!(values.eq(expected));
        assert_eq!(in_turn.metrics().unwrap().output_rows(), Some(90_003));
        assert!(InTurnExec::try_new(Vec::new()).is_err());
    }
}
