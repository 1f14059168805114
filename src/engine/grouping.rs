//! Grouping sets over rows that come in the order of a group's column.
//!
//! DataFusion ends a group when the value by which rows are sorted changes; in a set that leaves the column out, it
//! ends the one group over and over (apache/datafusion#16965). Here the columns of grouping sets pass through a function of
//! which nobody knows that it keeps an order.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::common::{Column, Result};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::optimizer::AnalyzerRule;

use super::whole_keys::{SAME_VALUE, same_value};

/// Hides the order of what grouping sets group by.
#[derive(Debug)]
pub(super) struct GroupingOrder;

impl AnalyzerRule for GroupingOrder {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| match node {
            LogicalPlan::Aggregate(mut aggregate)
                if aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)))
                    && !is_hidden(&aggregate.input) =>
            {
                let groups = grouping_set_to_exprlist(&aggregate.group_expr)?;
                let grouped =
                    |column: &Column| groups.iter().any(|group| group.column_refs().contains(column));
                let columns =
                    aggregate.input.schema().columns().into_iter().map(|column| match grouped(&column) {
                        true => hidden(column),
                        false => Expr::Column(column),
                    });
                let columns: Vec<Expr> = columns.collect();
                let input = LogicalPlanBuilder::from(Arc::unwrap_or_clone(aggregate.input));
                aggregate.input = Arc::new(input.project(columns)?.build()?);
                Ok(Transformed::yes(LogicalPlan::Aggregate(aggregate)))
            }
            other => Ok(Transformed::no(other)),
        })
        .data()
    }

    fn name(&self) -> &str {
        "grouping_order"
    }
}

fn hidden(column: Column) -> Expr {
    let (relation, name) = (column.relation.clone(), column.name.clone());
    same_value().call(vec![Expr::Column(column)]).alias_qualified(relation, name)
}

/// Whether it was done before: plans are analysed more than once.
fn is_hidden(input: &LogicalPlan) -> bool {
    let LogicalPlan::Projection(projection) = input else { return false };
    projection.expr.iter().any(|expr| {
        let Expr::Alias(alias) = expr else { return false };
        matches!(alias.expr.as_ref(), Expr::ScalarFunction(call) if call.func.name() == SAME_VALUE)
    })
}
