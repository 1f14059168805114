//! Which columns a column is made of, read off the plan: one step back, to the models that the query names.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, TableReference};
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan};

/// A column of a model: `layer.table`, and its name.
pub(super) type Origin = (String, String);

/// Columns that a value is made of.
type Origins = BTreeSet<Origin>;

/// What each column of a plan is made of, by its name: what its value is computed from, not what decides which rows
/// there are.
pub(super) fn origins(plan: &LogicalPlan) -> BTreeMap<String, Origins> {
    let fields = plan.schema().fields().iter().map(|field| field.name().clone());
    fields.zip(of_plan(plan)).collect()
}

/// What each column of a plan is made of, in the order of its columns.
fn of_plan(plan: &LogicalPlan) -> Vec<Origins> {
    if let Some(name) = model(plan) {
        let fields = plan.schema().fields().iter();
        return fields.map(|field| Origins::from([(name.clone(), field.name().clone())])).collect();
    }
    let inputs: Vec<(&LogicalPlan, Vec<Origins>)> =
        plan.inputs().into_iter().map(|input| (input, of_plan(input))).collect();
    let of = |expression: &Expr| of_expression(expression, &inputs);
    let first = || inputs.first().map(|(_, origins)| origins.clone()).unwrap_or_default();
    let found = match plan {
        LogicalPlan::Projection(projection) => projection.expr.iter().map(of).collect(),
        LogicalPlan::Aggregate(aggregate) => {
            aggregate.group_expr.iter().chain(&aggregate.aggr_expr).map(of).collect()
        }
        LogicalPlan::Window(window) => first().into_iter().chain(window.window_expr.iter().map(of)).collect(),
        LogicalPlan::Join(join) => match join.join_type {
            JoinType::LeftSemi | JoinType::LeftAnti => first(),
            JoinType::RightSemi | JoinType::RightAnti => {
                inputs.last().map(|(_, origins)| origins.clone()).unwrap_or_default()
            }
            _ => inputs.iter().flat_map(|(_, origins)| origins.clone()).collect(),
        },
        LogicalPlan::Union(_) => together(&inputs),
        _ => first(),
    };
    let width = plan.schema().fields().len();
    if found.len() == width {
        return found;
    }
    // A step of a kind that is not known here: each column may be made of all that goes in.
    let all: Origins = inputs.iter().flat_map(|(_, origins)| origins.iter().flatten().cloned()).collect();
    vec![all; width]
}

/// The columns of several inputs, place by place.
fn together(inputs: &[(&LogicalPlan, Vec<Origins>)]) -> Vec<Origins> {
    let width = inputs.iter().map(|(_, origins)| origins.len()).max().unwrap_or_default();
    let place =
        |at: usize| inputs.iter().filter_map(|(_, origins)| origins.get(at)).flatten().cloned().collect();
    (0..width).map(place).collect()
}

/// The model that a plan stands for: a scan, or a view that was put in under its name.
fn model(plan: &LogicalPlan) -> Option<String> {
    let name = match plan {
        LogicalPlan::TableScan(scan) => &scan.table_name,
        LogicalPlan::SubqueryAlias(alias) => &alias.alias,
        _ => return None,
    };
    match name {
        // Names of a query's own have no schema.
        TableReference::Bare { .. } if matches!(plan, LogicalPlan::SubqueryAlias(_)) => None,
        TableReference::Bare { table } => Some(table.to_string()),
        TableReference::Partial { schema, table } | TableReference::Full { schema, table, .. } => {
            Some(format!("{schema}.{table}"))
        }
    }
}

fn of_expression(expression: &Expr, inputs: &[(&LogicalPlan, Vec<Origins>)]) -> Origins {
    let mut found = Origins::new();
    let mut note = |column: &Column| {
        for (input, origins) in inputs {
            let at = input.schema().maybe_index_of_column(column);
            found.extend(at.and_then(|at| origins.get(at)).into_iter().flatten().cloned());
        }
    };
    let visited = expression.apply(|part| {
        if let Expr::Column(column) | Expr::OuterReferenceColumn(_, column) = part {
            note(column);
        }
        Ok(TreeNodeRecursion::Continue)
    });
    // Nothing in it fails.
    debug_assert!(visited.is_ok());
    let subqueries = subqueries(expression);
    found.extend(subqueries.iter().flat_map(|plan| of_plan(plan)).flatten());
    found
}

/// The plans of scalar subqueries in an expression.
fn subqueries(expression: &Expr) -> Vec<&LogicalPlan> {
    let mut plans = Vec::new();
    let mut waiting = vec![expression];
    while let Some(part) = waiting.pop() {
        if let Expr::ScalarSubquery(subquery) = part {
            plans.push(subquery.subquery.as_ref());
        }
        let visited = part.apply_children(|child| {
            waiting.push(child);
            Ok(TreeNodeRecursion::Continue)
        });
        debug_assert!(visited.is_ok());
    }
    plans
}
