//! `FILTER` in window expressions, rewritten so that the physical plan shows it.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, Result};
use datafusion::logical_expr::expr::WindowFunctionParams;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, Window, WindowFunctionDefinition, when};
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
        match plan {
            LogicalPlan::Window(window) if window.window_expr.iter().any(is_filtered) => {
                without_filters(window).map(Transformed::yes)
            }
            other => Ok(Transformed::no(other)),
        }
    }
}

/// The window without filters, and a projection above it that gives the columns their names back.
///
/// Aliases within the window would do as well, if DataFusion did not then take two equal window functions under
/// different aliases for a common subexpression and compute it in a projection, which cannot be planned.
fn without_filters(window: Window) -> Result<LogicalPlan> {
    let Window { input, window_expr, schema } = window;
    let mut columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
    let mut expressions: Vec<Expr> = Vec::with_capacity(window_expr.len());
    for (expression, (qualifier, field)) in window_expr.into_iter().zip(schema.iter().skip(columns.len())) {
        let mut expression = unfiltered(expression.unalias())?;
        if !expressions.contains(&expression) {
            // Names leave out casts, so different expressions may share one.
            let name = expression.qualified_name();
            if expressions.iter().any(|known| known.qualified_name() == name) {
                expression = expression.alias(format!("{} ({})", name.1, expressions.len()));
            }
            expressions.push(expression.clone());
        }
        let (of, name) = expression.qualified_name();
        let is_renamed = name != *field.name();
        let column = Expr::Column(Column::new(of, name));
        columns.push(if is_renamed {
            column.alias_qualified(qualifier.cloned(), field.name())
        } else {
            column
        });
    }
    let window = LogicalPlan::Window(Window::try_new(expressions, input)?);
    Ok(LogicalPlan::Projection(Projection::try_new_with_schema(columns, Arc::new(window), schema)?))
}

fn is_filtered(expression: &Expr) -> bool {
    let Expr::WindowFunction(function) = expression.clone().unalias() else { return false };
    let WindowFunctionDefinition::AggregateUDF(aggregate) = &function.fun else { return false };
    let ignores_nulls =
        ["sum", "count", "avg", "min", "max", "median", "hhi", "gini", "top_share", "median_total"]
            .contains(&aggregate.name());
    let WindowFunctionParams { args, filter, .. } = &function.params;
    ignores_nulls && !args.is_empty() && filter.as_ref().is_some_and(|filter| !filter.is_volatile())
}

fn unfiltered(expression: Expr) -> Result<Expr> {
    if !is_filtered(&expression) {
        return Ok(expression);
    }
    let Expr::WindowFunction(mut function) = expression else { return Ok(expression) };
    let WindowFunctionParams { args, filter, .. } = &mut function.params;
    if let (Some(filter), Some(first)) = (filter.take(), args.first_mut()) {
        let value = std::mem::take(first);
        *first = when(*filter, value).end()?;
    }
    Ok(Expr::WindowFunction(function))
}
