//! Sorts above the operator: it puts results out in the order that they ask for, where it can.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

use super::exec::DayWindowExec;
use super::order::ASCENDING;

/// Lets operators put their results out in the order of the sorts above them, which then have nothing left to do and
/// are removed by DataFusion's own rules.
pub(super) fn sorted_within(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_down(|plan| {
        let Some(sort) = plan.downcast_ref::<SortExec>().filter(|sort| sort.fetch().is_none()) else {
            return Ok(Transformed::no(plan));
        };
        let by = sort.expr().iter().map(|by| (by.options == ASCENDING).then(|| index(&by.expr)).flatten());
        let ordered = by.collect::<Option<Vec<_>>>().map(|by| ordered(sort.input(), &by));
        match ordered.transpose()?.flatten() {
            Some(input) => above(&plan, input).map(Transformed::yes),
            None => Ok(Transformed::no(plan)),
        }
    })
    .data()
}

/// The same rows in the order of some of their columns; `None` where no operator can give it.
fn ordered(plan: &Arc<dyn ExecutionPlan>, by: &[usize]) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if let Some(window) = plan.downcast_ref::<DayWindowExec>() {
        return Ok(window.in_order(by)?.map(|window| Arc::new(window) as _));
    }
    let below = match plan.downcast_ref::<ProjectionExec>() {
        Some(projection) => {
            by.iter().map(|column| index(&projection.expr()[*column].expr)).collect::<Option<Vec<_>>>()
        }
        None => plan
            .downcast_ref::<FilterExec>()
            .filter(|filter| filter.projection().is_none())
            .map(|_| by.to_vec()),
    };
    let (Some(below), [input]) = (below, &plan.children()[..]) else { return Ok(None) };
    ordered(input, &below)?.map(|input| above(plan, input)).transpose()
}

fn index(expression: &Arc<dyn PhysicalExpr>) -> Option<usize> {
    expression.downcast_ref::<Column>().map(Column::index)
}

fn above(node: &Arc<dyn ExecutionPlan>, input: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let recompute = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
    Arc::clone(node).replace_children(vec![input], recompute)
}
