//! Orders that a plan relies on and no longer has are made anew.
//!
//! DataFusion leaves a column out of a sort that a filter makes constant, as `local_day(at) = DATE '…'` does the day of a run
//! of one day. It decides that before projections are pushed into scans; the pushed ones no longer tell it that the
//! column is constant, and its own last check refuses the plan (apache/datafusion#17077 is of the same kind). A sort
//! more costs little: it is over rows that are in that order but for the constant.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::physical_expr::LexOrdering;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

/// Sorts the inputs of steps that ask for an order which their inputs do not have.
#[derive(Debug)]
pub(super) struct KeptOrderRule;

impl PhysicalOptimizerRule for KeptOrderRule {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let asked = plan.required_input_ordering();
            let inputs = plan.children().into_iter().zip(asked);
            let mut has_sorted = false;
            let inputs = inputs.map(|(input, asked)| -> Result<Arc<dyn ExecutionPlan>> {
                let Some(asked) = asked.map(|asked| asked.into_single()) else {
                    return Ok(Arc::clone(input));
                };
                if input.equivalence_properties().ordering_satisfy_requirement(asked.clone())? {
                    return Ok(Arc::clone(input));
                }
                has_sorted = true;
                let in_parts = input.output_partitioning().partition_count() > 1;
                let sorted = SortExec::new(LexOrdering::from(asked), Arc::clone(input));
                Ok(Arc::new(sorted.with_preserve_partitioning(in_parts)))
            });
            let inputs = inputs.collect::<Result<Vec<_>>>()?;
            if !has_sorted {
                return Ok(Transformed::no(plan));
            }
            replace_children_if_necessary(plan, inputs).map(Transformed::yes)
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "kept_order"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
