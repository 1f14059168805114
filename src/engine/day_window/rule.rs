//! Takes window expressions over from DataFusion's own operators.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::physical_expr::utils::{collect_columns, conjunction, conjunction_opt, split_conjunction};
use datafusion::physical_expr::{Partitioning, PhysicalSortRequirement};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec, WindowExpr};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, InputOrderMode, PhysicalExpr};

use super::emit::Source;
use super::exec::DayWindowExec;
use super::ingest::Emit;
use super::options::{WindowMode, WindowOptions};
use super::recognise::Recogniser;
use super::spec::WindowSpec;
use super::task::Task;

/// Replaces the window expressions that [`DayWindowExec`] can compute, and moves the filter above into it.
///
/// It must be the first of the physical optimizer's rules: the others then add the distribution and the order that
/// the operator asks for. [`crate::engine::rules`] sees to that.
#[derive(Debug, Default)]
pub struct DayWindowRule;

impl PhysicalOptimizerRule for DayWindowRule {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_down(|plan| {
            let rewritten = match plan.downcast_ref::<FilterExec>() {
                Some(filter) => filtered(filter, config)?,
                None => unfiltered(&plan, config)?,
            };
            Ok(rewritten.map_or_else(|| Transformed::no(plan), Transformed::yes))
        })
        .data()
        .and_then(super::sorts::sorted_within)
    }

    fn name(&self) -> &str {
        "day_window"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A node of DataFusion's window operators.
struct Window<'a> {
    expressions: &'a [Arc<dyn WindowExpr>],
    input: &'a Arc<dyn ExecutionPlan>,
    schema: SchemaRef,
    can_repartition: bool,
}

impl<'a> Window<'a> {
    fn new(plan: &'a Arc<dyn ExecutionPlan>) -> Option<Self> {
        let schema = plan.schema();
        if let Some(window) = plan.downcast_ref::<BoundedWindowAggExec>() {
            let can_repartition = !window.partition_keys().is_empty();
            return Some(Self {
                expressions: window.window_expr(),
                input: window.input(),
                schema,
                can_repartition,
            });
        }
        let window = plan.downcast_ref::<WindowAggExec>()?;
        let can_repartition = !window.partition_keys().is_empty();
        Some(Self { expressions: window.window_expr(), input: window.input(), schema, can_repartition })
    }
}

fn unfiltered(
    plan: &Arc<dyn ExecutionPlan>,
    config: &ConfigOptions,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    Window::new(plan).map_or(Ok(None), |window| take_over(&window, None, config))
}

/// A filter over a window, with a projection in between or not: what it asks of input columns goes into the operator.
fn filtered(filter: &FilterExec, config: &ConfigOptions) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if filter.projection().is_some() || filter.fetch().is_some() {
        return Ok(None);
    }
    let projection = filter.input().downcast_ref::<ProjectionExec>();
    let below = projection.map_or(filter.input(), ProjectionExec::input);
    let Some(window) = Window::new(below) else { return Ok(None) };
    let columns = window.input.schema().fields().len();
    let (mut moved, mut left) = (Vec::new(), Vec::new());
    for condition in split_conjunction(filter.predicate()) {
        let inner = match projection {
            Some(projection) => projection.projection_expr().unproject_expr(condition)?,
            None => Arc::clone(condition),
        };
        let is_input = collect_columns(&inner).iter().all(|column| column.index() < columns);
        if is_input && !is_volatile(&inner) { moved.push(inner) } else { left.push(Arc::clone(condition)) }
    }
    if moved.is_empty() {
        return Ok(None);
    }
    let Some(operator) = take_over(&window, Some(conjunction(moved)), config)? else { return Ok(None) };
    let input = match projection {
        None => operator,
        Some(_) => {
            let recompute = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            Arc::clone(filter.input()).replace_children(vec![operator], recompute)?
        }
    };
    Ok(Some(match conjunction_opt(left) {
        None => input,
        Some(predicate) => Arc::new(FilterExecBuilder::new(predicate, input).build()?),
    }))
}

/// The operator in a window's place, over what stays with DataFusion; `None` when nothing can be taken over.
fn take_over(
    window: &Window,
    predicate: Option<Arc<dyn PhysicalExpr>>,
    config: &ConfigOptions,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(first) = window.expressions.first().filter(|_| !window.input.boundedness().is_unbounded())
    else {
        return Ok(None);
    };
    let Some(mut recogniser) = Recogniser::new(first.as_ref(), window.input)? else { return Ok(None) };
    let own = window.input.schema().fields().len();
    let mut sources: Vec<Source> = (0..own).map(Source::Kept).collect();
    let mut stock = Vec::new();
    for expression in window.expressions {
        if recogniser.take(expression.as_ref())? {
            sources.push(Source::Result(recogniser.spec.outputs.len() - 1));
        } else {
            sources.push(Source::Kept(own + stock.len()));
            stock.push(Arc::clone(expression));
        }
    }
    if recogniser.spec.outputs.is_empty() {
        return Ok(None);
    }
    let below = recogniser.input()?;
    let first_stock = below.schema().fields().len();
    let columns = (0..own).chain(first_stock..first_stock + stock.len()).collect();
    let input = stock_window(stock, below, window.can_repartition)?;
    let (mode, partitions) = mode(&recogniser.spec, input.as_ref(), config)?;
    let task = Task {
        spec: Arc::new(recogniser.spec),
        emit: Arc::new(Emit { predicate, columns }),
        sources: sources.into(),
        order: None,
        schema: Arc::clone(&window.schema),
    };
    Ok(Some(Arc::new(DayWindowExec::try_new(input, Arc::new(task), mode, partitions)?)))
}

/// DataFusion's operator with the expressions that stay with it; just the input when none do.
fn stock_window(
    expressions: Vec<Arc<dyn WindowExpr>>,
    input: Arc<dyn ExecutionPlan>,
    can_repartition: bool,
) -> Result<Arc<dyn ExecutionPlan>> {
    if expressions.is_empty() {
        return Ok(input);
    }
    if expressions.iter().all(|expression| expression.uses_bounded_memory()) {
        let sorted = InputOrderMode::Sorted;
        return Ok(Arc::new(BoundedWindowAggExec::try_new(expressions, input, sorted, can_repartition)?));
    }
    Ok(Arc::new(WindowAggExec::try_new(expressions, input, can_repartition)?))
}

/// How the operator runs: as the session says, and sorted where the input comes in the right order anyway.
fn mode(spec: &WindowSpec, input: &dyn ExecutionPlan, config: &ConfigOptions) -> Result<(WindowMode, usize)> {
    let target = config.execution.target_partitions;
    let options = config.extensions.get::<WindowOptions>();
    let mode = match options.map_or(WindowMode::default(), |options| options.window_mode) {
        WindowMode::Hashed if is_sorted(spec, input, target)? => WindowMode::Sorted,
        mode => mode,
    };
    Ok((mode, target))
}

/// Whether rows come account by account, with no account in two partitions.
fn is_sorted(spec: &WindowSpec, input: &dyn ExecutionPlan, target: usize) -> Result<bool> {
    let keys = &spec.partition_by;
    let is_apart = match input.output_partitioning() {
        Partitioning::Hash(by, _) => by == keys,
        partitioning => partitioning.partition_count() == 1 && target == 1,
    };
    let order = keys.iter().map(|key| PhysicalSortRequirement::new(Arc::clone(key), None));
    Ok(is_apart && !keys.is_empty() && input.equivalence_properties().ordering_satisfy_requirement(order)?)
}
