//! Joins that put stored tables side by side, day by day, keep the tables and stream what is joined.
//!
//! A hash join keeps its left input. Of `a JOIN b JOIN c …` DataFusion keeps what was joined so far and streams the next
//! table, so that every join of a chain holds all columns before it, and each batch of texts that leaves a join refers to all
//! buffers of those that went in: kept again by the next join, their number is multiplied by the number of batches, join
//! by join. Sixteen tables of a hundred thousand rows want more memory than machines have. Turned round, each join keeps
//! one table whole, and the rows that pass it stay in the order in which they are stored: they need neither exchange nor sort.
//!
//! Tables that are split at the same days would need neither this nor stretches of days (`run/stretches.rs`), if their joins ran
//! range by range. DataFusion 55.2 takes ranges of the day for co-partitioned only where the day is the whole key of the join
//! (its `distribution_requirements` asks for that without subsets of the key); rows by account and day it deals out anew by a hash.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{JoinType, Result};
use datafusion::config::ConfigOptions;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

use crate::project::model::AS_OF_DATE;

/// What may stand between a table and the join that reads it.
const AS_READ: [&str; 4] = ["CooperativeExec", "FilterExec", "InOrderExec", "ProjectionExec"];

/// Lets a table of a join by day be the side that is kept, and what was joined before be the side that streams.
#[derive(Debug)]
pub(super) struct SideBySideRule;

impl PhysicalOptimizerRule for SideBySideRule {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let join = plan.downcast_ref::<HashJoinExec>().filter(|join| is_by_day(join));
            match join.map(|join| (join, is_table(join.left()), is_table(join.right()))) {
                Some((join, false, true)) if joins(join.left()) => {
                    Ok(Transformed::yes(join.swap_inputs(PartitionMode::CollectLeft)?))
                }
                Some((join, true, _)) => {
                    let whole = join.builder().with_partition_mode(PartitionMode::CollectLeft).build()?;
                    Ok(Transformed::yes(Arc::new(whole)))
                }
                _ => Ok(Transformed::no(plan)),
            }
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "side_by_side"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether rows are put beside those of the same day.
fn is_by_day(join: &HashJoinExec) -> bool {
    let day = |key: &Arc<dyn PhysicalExpr>| {
        key.downcast_ref::<Column>().is_some_and(|column| column.name() == AS_OF_DATE)
    };
    *join.join_type() == JoinType::Inner && join.on().iter().any(|(left, right)| day(left) && day(right))
}

fn joins(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let mut found = false;
    let walked = plan.apply(|node| {
        found |= node.downcast_ref::<HashJoinExec>().is_some();
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    walked.is_ok() && found
}

/// Whether these are rows of a table as they are read, some of them or some of their columns.
fn is_table(plan: &Arc<dyn ExecutionPlan>) -> bool {
    match plan.children().as_slice() {
        [] => plan.downcast_ref::<DataSourceExec>().is_some(),
        [rows] => AS_READ.contains(&plan.name()) && is_table(rows),
        _ => false,
    }
}
