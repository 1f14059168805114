//! The rule of the physical optimizer.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;

use super::{firsts, groups};

/// From so many rows on, another reading is cheaper than one hash table or one sort.
const FROM_ROWS: usize = 1 << 20;

/// Puts a sieve below groupings of which only groups of two rows and more are wanted, and beside windows of which only the
/// first row of each key is.
///
/// It must be one of the first of the physical optimizer's rules: the others then add what windows and groupings ask for.
#[derive(Debug)]
pub(super) struct KeySieveRule {
    pub(super) from_rows: usize,
}

impl Default for KeySieveRule {
    fn default() -> Self {
        Self { from_rows: FROM_ROWS }
    }
}

impl PhysicalOptimizerRule for KeySieveRule {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_down(|plan| {
            let Some(filter) = plan.downcast_ref::<FilterExec>() else { return Ok(Transformed::no(plan)) };
            let sieved = match groups::sieved(filter, &plan, self.from_rows)? {
                None => firsts::sieved(filter, &plan, self.from_rows)?,
                sieved => sieved,
            };
            Ok(sieved.map_or_else(|| Transformed::no(plan), Transformed::yes))
        })
        .data()
    }

    fn name(&self) -> &str {
        "key_sieve"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
