//! The order of a sub-query that what stands above it counts on: SQL keeps an order only where it is asked for, and the
//! engine drops every other one.

use std::ops::ControlFlow;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::{Expr, LogicalPlan, SortExpr};
use datafusion::sql::sqlparser::ast::{Query, Visit, Visitor};

use super::dependencies::unaliased;
use super::order::{by_order, picks_by_order};
use crate::check::text::Text;
use crate::diagnostic::Diagnostic;
use crate::engine::diagnose::in_sql;

/// The first call in a query's plan that takes rows in the order in which they come, above a sub-query that sorts them.
pub(crate) fn lost(text: Text<'_>, query: &Query, plan: &LogicalPlan) -> Option<Diagnostic> {
    let mut inner = Inner { depth: 0, order: None };
    let _ = query.visit(&mut inner);
    let mut found = None;
    let visited = plan.apply_with_subqueries(|node| {
        let (input, calls) = match node {
            LogicalPlan::Window(window) => (&window.input, &window.window_expr),
            LogicalPlan::Aggregate(aggregate) => (&aggregate.input, &aggregate.aggr_expr),
            _ => return Ok(TreeNodeRecursion::Continue),
        };
        let order = sorted(input).map(written).or_else(|| inner.order.clone());
        found = order.and_then(|order| calls.iter().find_map(|call| of_call(text, call, &order)));
        Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    // Nothing in it fails.
    debug_assert!(visited.is_ok());
    found
}

/// The first order of a query within another, without a limit: it changes no row, and is not in the plan.
struct Inner {
    depth: usize,
    order: Option<String>,
}

impl Visitor for Inner {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let order = query.order_by.as_ref().filter(|_| {
            self.depth > 0 && self.order.is_none() && query.limit_clause.is_none() && query.fetch.is_none()
        });
        if let Some(order) = order {
            self.order = Some(order.to_string().trim_start_matches("ORDER BY ").to_owned());
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}

/// What the rows of a plan were sorted by, of which a limit keeps some.
fn sorted(plan: &LogicalPlan) -> Option<&[SortExpr]> {
    match plan {
        LogicalPlan::Sort(sort) => Some(&sort.expr),
        LogicalPlan::Projection(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Limit(_) => sorted(plan.inputs().first()?),
        _ => None,
    }
}

fn written(order: &[SortExpr]) -> String {
    order.iter().map(|by| in_sql(&by.to_string())).collect::<Vec<_>>().join(", ")
}

fn of_call(text: Text<'_>, call: &Expr, order: &str) -> Option<Diagnostic> {
    let (name, help) = match unaliased(call) {
        Expr::WindowFunction(window) if window.params.order_by.is_empty() && by_order(window).is_some() => {
            let name = window.fun.name();
            (name, format!("{name}(…) OVER (ORDER BY {order})"))
        }
        Expr::AggregateFunction(aggregate)
            if aggregate.params.order_by.is_empty() && picks_by_order(aggregate.func.name()) =>
        {
            let name = aggregate.func.name();
            (name, format!("{name}(… ORDER BY {order})"))
        }
        _ => return None,
    };
    let (at, _) = text.place_of(unaliased(call));
    let message = format!("{name}(…) takes rows as they come, and the order of a sub-query is not kept");
    Some(
        Diagnostic::error("row-order", message)
            .at(at)
            .note("the answer would be another one with another number of threads")
            .help(format!("say the order where it is used: {help}")),
    )
}
