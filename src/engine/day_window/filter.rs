//! `FILTER` in window expressions, rewritten so that the physical plan shows it.

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{Expr, LogicalPlan, Window, WindowFunctionDefinition, lit, when};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// Rewrites `f(x) FILTER (WHERE p) OVER …` to `f(CASE WHEN p THEN x END) OVER …` for functions that ignore NULL.
///
/// The two mean the same. DataFusion's physical window expressions keep their filter to themselves (no accessor in
/// 55), so without this rule the day-window operator must leave filtered expressions alone.
#[derive(Debug, Default)]
pub struct WindowFilterRule;

impl OptimizerRule for WindowFilterRule {
    fn name(&self) -> &str {
        "window_filter"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Window(window) = plan else { return Ok(Transformed::no(plan)) };
        let Window { input, window_expr, .. } = &window;
        let rewritten: Vec<Transformed<Expr>> =
            window_expr.iter().map(|expression| rewrite(expression.clone())).collect::<Result<_>>()?;
        if rewritten.iter().all(|expression| !expression.transformed) {
            return Ok(Transformed::no(LogicalPlan::Window(window)));
        }
        let expressions = rewritten.into_iter().map(|expression| expression.data).collect();
        let input = std::sync::Arc::clone(input);
        Ok(Transformed::yes(LogicalPlan::Window(Window::try_new(expressions, input)?)))
    }
}

/// The expression without its filter, under the same name.
fn rewrite(expression: Expr) -> Result<Transformed<Expr>> {
    let name = expression.qualified_name();
    let rewritten = expression.transform_down(|inner| match inner {
        Expr::WindowFunction(function) if can_rewrite(&function) => Ok(Transformed::yes(unfiltered(*function)?)),
        other => Ok(Transformed::no(other)),
    })?;
    if !rewritten.transformed {
        return Ok(rewritten);
    }
    let (relation, name) = name;
    rewritten.map_data(|expression| Ok(expression.alias_qualified(relation, name)))
}

fn can_rewrite(function: &WindowFunction) -> bool {
    let WindowFunctionDefinition::AggregateUDF(aggregate) = &function.fun else { return false };
    let ignores_nulls =
        ["sum", "count", "avg", "min", "max", "hhi", "gini", "top_share"].contains(&aggregate.name());
    let filter = function.params.filter.as_ref();
    ignores_nulls && filter.is_some_and(|filter| !filter.is_volatile()) && !function.params.args.is_empty()
}

fn unfiltered(mut function: WindowFunction) -> Result<Expr> {
    let WindowFunctionParams { args, filter, .. } = &mut function.params;
    if let (Some(filter), Some(first)) = (filter.take(), args.first_mut()) {
        let value = std::mem::replace(first, lit(true));
        *first = when(*filter, value).end()?;
    }
    Ok(Expr::WindowFunction(Box::new(function)))
}
