//! What stays with DataFusion's own operators, kept from the faults of the one that streams.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec, WindowExpr};
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode};

use super::call::call;
use super::shift::Shifted;

/// Gives window expressions that DataFusion's streaming operator gets wrong to its operator that takes whole partitions.
///
/// Known faults of [`BoundedWindowAggExec`] in DataFusion 55, each pinned by a test: a `RANGE` frame that ends before the
/// current row does not wait for the other rows without a value to order by, which are all in it; and a look ahead with
/// `IGNORE NULLS` loses count of the NULLs.
///
/// It must come after DataFusion's own rules, which stream whatever can be streamed.
#[derive(Debug, Default)]
pub struct WholePartitionsRule;

impl PhysicalOptimizerRule for WholePartitionsRule {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| match plan.downcast_ref::<BoundedWindowAggExec>() {
            Some(window) if window.window_expr().iter().any(|e| is_wrong_in_streams(e.as_ref(), window)) => {
                whole_partitions(window).map(Transformed::yes)
            }
            _ => Ok(Transformed::no(plan)),
        })
        .data()
    }

    fn name(&self) -> &str {
        "whole_partitions"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn whole_partitions(window: &BoundedWindowAggExec) -> Result<Arc<dyn ExecutionPlan>> {
    let mut input = Arc::clone(window.input());
    if window.input_order_mode != InputOrderMode::Sorted
        && let Some(first) = window.window_expr().first()
    {
        let keys = first.partition_by().iter().map(|key| PhysicalSortExpr::new_default(Arc::clone(key)));
        if let Some(order) = LexOrdering::new(keys.chain(first.order_by().iter().cloned())) {
            input = Arc::new(SortExec::new(order, input).with_preserve_partitioning(true));
        }
    }
    let can_repartition = !window.partition_keys().is_empty();
    Ok(Arc::new(WindowAggExec::try_new(window.window_expr().to_vec(), input, can_repartition)?))
}

fn is_wrong_in_streams(expression: &dyn WindowExpr, window: &BoundedWindowAggExec) -> bool {
    let input = window.input().schema();
    let frame = expression.get_window_frame();
    let ends_before = matches!(&frame.end_bound, WindowFrameBound::Preceding(offset) if !offset.is_null());
    let has_nulls = || expression.order_by().iter().any(|order| order.expr.nullable(&input).unwrap_or(true));
    let looks_ahead = || {
        let shifted = call(expression).and_then(Shifted::of);
        shifted.is_some_and(|shifted| shifted.ignore_nulls && shifted.by > 0)
    };
    (frame.units == WindowFrameUnits::Range && ends_before && has_nulls()) || looks_ahead()
}
