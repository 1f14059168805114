//! What is known of the rows of each node of a plan, from the tables upwards.

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, JoinType, ScalarValue};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Aggregate, BinaryExpr, Distinct, Expr, Join, LogicalPlan, Operator};

use super::dependencies::{Dependencies, Keys, Rows};

/// Calls for each node with what is known of the rows of its inputs.
pub(super) struct Walk<'a, V> {
    pub(super) keys: &'a Keys<'a>,
    pub(super) dependencies: Dependencies,
    pub(super) visit: V,
}

impl<V: FnMut(&LogicalPlan, &[Rows], &mut Dependencies)> Walk<'_, V> {
    /// The rows of a node, once all below it were visited.
    pub(super) fn rows(&mut self, plan: &LogicalPlan) -> Rows {
        let inputs: Vec<Rows> = plan.inputs().into_iter().map(|input| self.rows(input)).collect();
        self.subqueries(plan);
        (self.visit)(plan, &inputs, &mut self.dependencies);
        let rows = self.of(plan, &inputs);
        if let LogicalPlan::Sort(_) = plan {
            self.dependencies.sorted(plan, &rows);
        }
        rows
    }

    /// Sub-queries in expressions are plans of their own.
    fn subqueries(&mut self, plan: &LogicalPlan) {
        let walked = plan.apply_subqueries(|subquery| {
            let LogicalPlan::Subquery(subquery) = subquery else { return Ok(TreeNodeRecursion::Continue) };
            self.rows(&subquery.subquery);
            Ok(TreeNodeRecursion::Continue)
        });
        debug_assert!(walked.is_ok(), "looking at a plan cannot fail");
    }

    fn of(&mut self, plan: &LogicalPlan, inputs: &[Rows]) -> Rows {
        let found = &mut self.dependencies;
        match (plan, inputs) {
            (LogicalPlan::TableScan(scan), []) => {
                let rows = found.unknown(plan.schema().fields().len());
                let key = (self.keys)(&scan.table_name);
                let of = |column: &String| plan.schema().index_of_column_by_name(None, column);
                let key: Option<Vec<_>> = key.iter().map(of).collect();
                if let Some(key) = key.filter(|key| !key.is_empty()) {
                    found.add(key.iter().map(|at| rows.columns[*at]).collect(), rows.identity.clone());
                }
                for filter in &scan.filters {
                    found.condition(filter, plan.schema(), &rows);
                }
                rows
            }
            (LogicalPlan::Projection(projection), [input]) => {
                let columns = found.expressions(&projection.expr, projection.input.schema(), input);
                Rows { columns, identity: input.identity.clone() }
            }
            (LogicalPlan::Filter(filter), [input]) => {
                found.condition(&filter.predicate, filter.input.schema(), input);
                input.clone()
            }
            (LogicalPlan::Window(window), [input]) => {
                let schema = window.input.schema();
                let added: Vec<_> =
                    window.window_expr.iter().map(|expr| found.window(expr, schema, input)).collect();
                let columns = input.columns.iter().copied().chain(added).collect();
                Rows { columns, identity: input.identity.clone() }
            }
            (LogicalPlan::Aggregate(aggregate), [input]) => aggregated(found, aggregate, input),
            (LogicalPlan::Join(join), [left, right]) => joined(found, join, left, right),
            (LogicalPlan::Distinct(Distinct::All(_)), [input]) => {
                Rows { columns: input.columns.clone(), identity: input.columns.clone() }
            }
            (LogicalPlan::Distinct(Distinct::On(on)), [input]) => {
                let identity = found.expressions(&on.on_expr, on.input.schema(), input);
                let columns = found.expressions(&on.select_expr, on.input.schema(), input);
                found.add(identity.clone(), columns.clone());
                Rows { columns, identity }
            }
            (LogicalPlan::Union(union), inputs) => {
                let width = plan.schema().fields().len();
                let tells = |at: &usize| {
                    let constants: Vec<_> = union.inputs.iter().map(|input| constant(input, *at)).collect();
                    let known = constants.iter().all(Option::is_some);
                    known && (1..constants.len()).all(|at| !constants[..at].contains(&constants[at]))
                };
                let telling = (0..width).filter(tells).collect();
                found.union(inputs, width, telling)
            }
            (LogicalPlan::EmptyRelation(_), []) => Rows { columns: Vec::new(), identity: Vec::new() },
            (
                LogicalPlan::Sort(_)
                | LogicalPlan::Limit(_)
                | LogicalPlan::SubqueryAlias(_)
                | LogicalPlan::Repartition(_)
                | LogicalPlan::Subquery(_),
                [input],
            ) if input.columns.len() == plan.schema().fields().len() => input.clone(),
            _ => found.unknown(plan.schema().fields().len()),
        }
    }
}

/// The constant that a column of a plan is, where it is one.
fn constant(plan: &LogicalPlan, at: usize) -> Option<&ScalarValue> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => constant(&alias.input, at),
        LogicalPlan::Projection(projection) => {
            let mut expr = projection.expr.get(at)?;
            loop {
                expr = match expr {
                    Expr::Alias(alias) => &alias.expr,
                    Expr::Cast(cast) => &cast.expr,
                    Expr::Column(column) => {
                        let at = projection.input.schema().index_of_column(column).ok()?;
                        return constant(&projection.input, at);
                    }
                    Expr::Literal(value, _) => return Some(value).filter(|value| !value.is_null()),
                    _ => return None,
                };
            }
        }
        _ => None,
    }
}

fn aggregated(found: &mut Dependencies, aggregate: &Aggregate, input: &Rows) -> Rows {
    let width = aggregate.schema.fields().len();
    if aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_))) {
        return found.unknown(width);
    }
    let groups = found.expressions(&aggregate.group_expr, aggregate.input.schema(), input);
    let results: Vec<_> = aggregate.aggr_expr.iter().map(|_| found.fresh()).collect();
    found.add(groups.clone(), results.clone());
    Rows { columns: groups.iter().copied().chain(results).collect(), identity: groups }
}

fn joined(found: &mut Dependencies, join: &Join, left: &Rows, right: &Rows) -> Rows {
    let both = |left: &Rows, right: &Rows| Rows {
        columns: left.columns.iter().chain(&right.columns).copied().collect(),
        identity: left.identity.iter().chain(&right.identity).copied().collect(),
    };
    let (left_schema, right_schema) = (join.left.schema(), join.right.schema());
    match join.join_type {
        JoinType::Inner => {
            for (l, r) in &join.on {
                let l = found.expression(l, left_schema, left);
                let r = found.expression(r, right_schema, right);
                found.add(vec![l], vec![r]);
                found.add(vec![r], vec![l]);
            }
            let rows = both(left, right);
            if let Some(filter) = &join.filter {
                found.condition(filter, &join.schema, &rows);
            }
            rows
        }
        JoinType::LeftSemi | JoinType::LeftAnti => left.clone(),
        JoinType::RightSemi | JoinType::RightAnti => right.clone(),
        JoinType::Left => {
            let on: Vec<_> = join.on.iter().map(|(_, r)| r).chain(equal_to(join, right_schema)).collect();
            let on = found.expressions(on, right_schema, right);
            let right = optional(found, left, right, &on);
            both(left, &right)
        }
        JoinType::Right => {
            let on: Vec<_> = join.on.iter().map(|(l, _)| l).chain(equal_to(join, left_schema)).collect();
            let on = found.expressions(on, left_schema, left);
            let left = optional(found, right, left, &on);
            both(&left, right)
        }
        JoinType::LeftMark => {
            let mark = found.fresh();
            found.add(left.identity.clone(), vec![mark]);
            Rows {
                columns: left.columns.iter().copied().chain([mark]).collect(),
                identity: left.identity.clone(),
            }
        }
        _ => found.unknown(join.schema.fields().len()),
    }
}

/// What of one side the condition of a join makes equal to something of the other.
fn equal_to<'a>(join: &'a Join, side: &'a DFSchema) -> impl Iterator<Item = &'a Expr> {
    let is_of = |expr: &Expr| {
        let columns = expr.column_refs();
        !columns.is_empty() && columns.iter().all(|column| side.has_column(column))
    };
    join.filter.iter().flat_map(split_conjunction).filter_map(move |part| match part {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => match (is_of(left), is_of(right)) {
            (true, false) => Some(left.as_ref()),
            (false, true) => Some(right.as_ref()),
            _ => None,
        },
        _ => None,
    })
}

/// The side of an outer join that may be absent: its dependencies hold only for rows of one row of the other side, which
/// all have a partner or are one without.
fn optional(found: &mut Dependencies, other: &Rows, side: &Rows, on: &[usize]) -> Rows {
    let columns: Vec<_> = side.columns.iter().map(|_| found.fresh()).collect();
    let row = found.fresh();
    let with = |more: &[usize]| other.identity.iter().chain(more).copied().collect::<Vec<_>>();
    found.add(with(&[row]), columns.clone());
    if found.settles(on, side) {
        found.add(other.identity.clone(), vec![row]);
    }
    let telling: Vec<_> =
        side.columns.iter().zip(&columns).filter(|(column, _)| found.settles(&[**column], side)).collect();
    let telling: Vec<_> = telling.into_iter().map(|(_, column)| *column).collect();
    for column in telling {
        found.add(with(&[column]), vec![row]);
    }
    if found.settles(&side.columns, side) {
        found.add(with(&columns), vec![row]);
    }
    Rows { columns, identity: with(&[row]) }
}
