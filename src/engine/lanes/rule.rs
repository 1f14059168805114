//! Which expressions of a plan are replaced by programs.

use std::sync::Arc;

use arrow::datatypes::Schema;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

use super::expression::LanesExpr;

/// Replaces what programs can compute in the projections of a plan: whole expressions, else the largest parts of them.
///
/// It must be the last of the physical optimizer's rules, since the others look into expressions that they know.
#[derive(Debug, Default)]
pub struct LanesRule;

impl PhysicalOptimizerRule for LanesRule {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let Some(projection) = plan.downcast_ref::<ProjectionExec>() else {
                return Ok(Transformed::no(plan));
            };
            match compiled(projection)? {
                Some(compiled) => Ok(Transformed::yes(Arc::new(compiled) as _)),
                None => Ok(Transformed::no(plan)),
            }
        })
        .data()
    }

    fn name(&self) -> &str {
        "lanes"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn compiled(projection: &ProjectionExec) -> Result<Option<ProjectionExec>> {
    let schema = projection.input().schema();
    let mut any = false;
    let mut items = Vec::with_capacity(projection.expr().len());
    for item in projection.expr() {
        let replaced = replaced(&item.expr, &schema)?;
        any |= replaced.transformed;
        items.push(ProjectionExpr::new(replaced.data, item.alias.clone()));
    }
    any.then(|| ProjectionExec::try_new(items, Arc::clone(projection.input()))).transpose()
}

fn replaced(
    expression: &Arc<dyn PhysicalExpr>,
    schema: &Schema,
) -> Result<Transformed<Arc<dyn PhysicalExpr>>> {
    Arc::clone(expression).transform_down(|part| {
        Ok(match LanesExpr::compile(&part, schema) {
            Some(program) => Transformed::new(Arc::new(program) as _, true, TreeNodeRecursion::Jump),
            None => Transformed::no(part),
        })
    })
}
