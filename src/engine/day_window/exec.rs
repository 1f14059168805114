//! The operator as a node of DataFusion's physical plan.

use std::fmt;
use std::sync::{Arc, Mutex};

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::projection::{ProjectionMapping, ProjectionTargets};
use datafusion::physical_expr::{LexRequirement, OrderingRequirements, PhysicalSortRequirement};
use datafusion::physical_plan::apply_expression_roots;
use datafusion::physical_plan::execution_plan::{
    CardinalityEffect, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, ExecutionPlanProperties,
    InputDistributionRequirements, Partitioning, PhysicalExpr, PlanProperties, SendableRecordBatchStream,
};

use super::emit::Source;
use super::hashed::Gathering;
use super::ingest::Emit;
use super::options::WindowMode;
use super::order::ResultOrder;
use super::sorted::sorted_stream;
use super::task::Task;

/// Rolling windows over days: rows are reduced to measures of accounts and days as they stream in, then each
/// account's days are swept once for every frame.
///
/// Which window expressions end up here is decided by [`DayWindowRule`](super::DayWindowRule); the others stay with
/// DataFusion's own operator, and `EXPLAIN` shows which is which.
#[derive(Debug, Clone)]
pub struct DayWindowExec {
    input: Arc<dyn ExecutionPlan>,
    pub(super) task: Arc<Task>,
    mode: WindowMode,
    /// In hashed mode, into how many partitions the accounts are divided.
    partitions: usize,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
    gathering: Arc<Mutex<Option<Gathering>>>,
}

impl DayWindowExec {
    /// The operator over an input, in a mode, with so many partitions of output.
    pub(super) fn try_new(
        input: Arc<dyn ExecutionPlan>,
        task: Arc<Task>,
        mode: WindowMode,
        partitions: usize,
    ) -> Result<Self> {
        let properties = Arc::new(match mode {
            WindowMode::Hashed => PlanProperties::new(
                task.orderings(),
                Partitioning::UnknownPartitioning(partitions),
                EmissionType::Final,
                input.boundedness(),
            ),
            WindowMode::Sorted => sorted_properties(input.as_ref(), &task),
        });
        Ok(Self {
            input,
            task,
            mode,
            partitions,
            properties,
            metrics: ExecutionPlanMetricsSet::new(),
            gathering: Arc::default(),
        })
    }

    /// The same with fewer columns put out, or in another order.
    fn project(&self, projection: &ProjectionExec) -> Result<Option<Self>> {
        let mut sources = Vec::new();
        for expression in projection.expr() {
            let Some(column) = expression.expr.downcast_ref::<Column>() else { return Ok(None) };
            sources.push(self.task.sources[column.index()]);
        }
        let mut columns = Vec::new();
        for source in &mut sources {
            if let Source::Kept(kept) = source {
                *kept = super::spec::index_of(&mut columns, self.task.emit.columns[*kept]);
            }
        }
        // What results are sorted by is kept though nobody reads it: the order was promised before.
        for column in self.task.order.into_iter().flat_map(|order| self.task.sorted_by(order)) {
            super::spec::index_of(&mut columns, column);
        }
        let task = Task {
            spec: Arc::clone(&self.task.spec),
            emit: Arc::new(Emit { predicate: self.task.emit.predicate.clone(), columns }),
            sources: sources.into(),
            order: self.task.order,
            schema: projection.schema(),
        };
        Self::try_new(Arc::clone(&self.input), Arc::new(task), self.mode, self.partitions).map(Some)
    }
}

impl DayWindowExec {
    /// The same with its results in the order of some columns; `None` where that is not by accounts and days.
    pub(super) fn in_order(&self, by: &[usize]) -> Result<Option<Self>> {
        let wanted = by.iter().map(|column| self.task.input_column(*column)).collect::<Option<Vec<_>>>();
        let Some(wanted) = wanted.filter(|_| self.mode == WindowMode::Hashed) else { return Ok(None) };
        let order = [ResultOrder::Days, ResultOrder::Accounts].into_iter().find(|order| {
            let sorted = self.task.sorted_by(*order);
            let day = self.task.day();
            sorted.starts_with(&wanted) && wanted.iter().any(|column| Some(*column) == day)
        });
        let Some(order) = order else { return Ok(None) };
        let task = Task { order: Some(order), ..Task::clone(&self.task) };
        Self::try_new(Arc::clone(&self.input), Arc::new(task), self.mode, self.partitions).map(Some)
    }
}

/// Sorted input goes out in the order and the partitions in which it comes.
fn sorted_properties(input: &dyn ExecutionPlan, task: &Task) -> PlanProperties {
    let mut mapping: Vec<(Arc<dyn PhysicalExpr>, ProjectionTargets)> = Vec::new();
    for (at, source) in task.sources.iter().enumerate() {
        if let Source::Kept(kept) = source {
            let from = task.emit.columns[*kept];
            let from: Arc<dyn PhysicalExpr> = Arc::new(Column::new(input.schema().field(from).name(), from));
            let to: Arc<dyn PhysicalExpr> = Arc::new(Column::new(task.schema.field(at).name(), at));
            mapping.push((from, vec![(to, at)].into()));
        }
    }
    let mapping: ProjectionMapping = mapping.into_iter().collect();
    let equivalences = input.equivalence_properties();
    PlanProperties::new(
        equivalences.project(&mapping, Arc::clone(&task.schema)),
        input.output_partitioning().project(&mapping, equivalences),
        EmissionType::Incremental,
        input.boundedness(),
    )
}

impl DisplayAs for DayWindowExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let Task { spec, emit, .. } = &*self.task;
        let keys: Vec<String> = spec.partition_by.iter().map(ToString::to_string).collect();
        let outputs: Vec<String> = spec
            .outputs
            .iter()
            .map(|output| format!("{} over days {}", output.field.name(), spec.frames[output.frame]))
            .collect();
        if format == DisplayFormatType::TreeRender {
            return writeln!(f, "mode={}\n{}", self.mode, outputs.join("\n"));
        }
        write!(
            f,
            "DayWindowExec: mode={}, partition_by=[{}], order_by={}, windows=[{}]",
            self.mode,
            keys.join(", "),
            spec.order_by,
            outputs.join(", ")
        )?;
        if let Some(order) = self.task.order {
            write!(f, ", order={order:?}")?;
        }
        match &emit.predicate {
            Some(predicate) => write!(f, ", emit={predicate}"),
            None => Ok(()),
        }
    }
}

impl ExecutionPlan for DayWindowExec {
    fn name(&self) -> &str {
        "DayWindowExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let partition_by = &self.task.spec.partition_by;
        InputDistributionRequirements::new(vec![match self.mode {
            WindowMode::Hashed => Distribution::UnspecifiedDistribution,
            WindowMode::Sorted if partition_by.is_empty() => Distribution::SinglePartition,
            WindowMode::Sorted => Distribution::KeyPartitioned(partition_by.clone()),
        }])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let keys = self.task.spec.partition_by.iter();
        let keys = keys.map(|key| PhysicalSortRequirement::new(Arc::clone(key), None));
        vec![match self.mode {
            WindowMode::Hashed => None,
            WindowMode::Sorted => LexRequirement::new(keys).map(OrderingRequirements::new),
        }]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![self.mode == WindowMode::Sorted]
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (Some(input), true) = (children.pop(), children.is_empty()) else {
            return internal_err!("DayWindowExec has one input");
        };
        Ok(match options.children_properties {
            ChildrenPropertiesMode::Keep => Arc::new(Self {
                input,
                metrics: ExecutionPlanMetricsSet::new(),
                gathering: Arc::default(),
                ..Self::clone(&self)
            }),
            ChildrenPropertiesMode::Recompute => {
                Arc::new(Self::try_new(input, Arc::clone(&self.task), self.mode, self.partitions)?)
            }
        })
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
        apply_expression_roots(self.task.spec.expressions().chain(&self.task.emit.predicate), f)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        match self.mode {
            WindowMode::Sorted => {
                let input = self.input.execute(partition, Arc::clone(&context))?;
                sorted_stream(&self.task, input, &context, &self.metrics, partition)
            }
            WindowMode::Hashed => {
                let Ok(mut gathering) = self.gathering.lock() else {
                    return internal_err!("another partition of this DayWindowExec panicked");
                };
                let started = gathering.take();
                let started = started.unwrap_or_else(|| {
                    Gathering::start(&self.task, &self.input, &context, &self.metrics, self.partitions)
                });
                let (stream, more) = started.stream(&self.task, &context, &self.metrics, partition);
                *gathering = more;
                Ok(stream)
            }
        }
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        match self.task.emit.predicate {
            Some(_) => CardinalityEffect::LowerEqual,
            None => CardinalityEffect::Equal,
        }
    }

    fn try_swapping_with_projection(
        &self,
        projection: &ProjectionExec,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        Ok(self.project(projection)?.map(|projected| Arc::new(projected) as _))
    }
}
