//! The rule of the physical optimizer.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;

use super::{firsts, groups};

/// From so many rows on, another reading is cheaper than a hash table of all keys.
const GROUPS_FROM: usize = 1 << 20;

/// From so many rows on, another reading is cheaper than a window that opens a partition for each key: that takes some ten
/// microseconds a row, a hundred times what a row takes to be read.
const FIRSTS_FROM: usize = 1 << 11;

/// Puts a sieve below groupings of which only groups of two rows and more are wanted, and beside windows of which only the
/// first row of each key is.
///
/// It must be one of the first of the physical optimizer's rules: the others then add what windows and groupings ask for.
#[derive(Debug)]
pub(in crate::engine) struct KeySieveRule {
    /// The least rows of groupings.
    pub(super) groups_from: usize,
    /// The least rows of windows.
    pub(super) firsts_from: usize,
}

impl Default for KeySieveRule {
    fn default() -> Self {
        Self { groups_from: GROUPS_FROM, firsts_from: FIRSTS_FROM }
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
            let sieved = match groups::sieved(filter, &plan, self.groups_from)? {
                None => firsts::sieved(filter, &plan, self.firsts_from)?,
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
