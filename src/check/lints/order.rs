//! Results that depend on the order of rows which nothing settles: refused, since the same input must give the same
//! bytes, whatever the number of threads.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{AggregateFunction, Sort, WindowFunction};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Distinct, Expr, ExprSchemable, LogicalPlan, WindowFrame, WindowFrameBound, WindowFrameUnits,
};
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::{Optimizer, OptimizerContext};

use super::dependencies::{Dependencies, Keys, Rows, unaliased};
use super::rows::Walk;
use crate::diagnostic::Diagnostic;

/// Something whose result depends on the order of rows.
pub(super) struct Unsettled<'a> {
    /// The word that it begins with in SQL.
    pub(super) word: String,
    /// Expressions in it, which may say where it stands.
    pub(super) exprs: Vec<&'a Expr>,
    pub(super) message: String,
    pub(super) note: String,
    pub(super) help: String,
}

/// Calls for everything in a plan whose result depends on the order of rows.
pub(super) fn unsettled(
    plan: &LogicalPlan,
    keys: &Keys<'_>,
    mut found: impl FnMut(Unsettled<'_>),
) -> Result<()> {
    if !is_sensitive(plan)? {
        return Ok(());
    }
    // Rows that differ only in columns which nobody asks for are the same.
    let only = Optimizer::with_rules(vec![Arc::new(OptimizeProjections::new())]);
    let plan = only.optimize(plan.clone(), &OptimizerContext::new(), |_, _| {})?;
    let visit = |node: &LogicalPlan, inputs: &[Rows], dependencies: &mut Dependencies| {
        let mut look = Look { inputs, dependencies, found: &mut found };
        look.node(node);
    };
    Walk { keys, dependencies: Dependencies::default(), visit }.rows(&plan);
    Ok(())
}

/// Whether anything in a plan may depend on the order of rows: most have nothing of the kind.
fn is_sensitive(plan: &LogicalPlan) -> Result<bool> {
    let mut is = false;
    plan.apply_with_subqueries(|node| {
        is |= matches!(node, LogicalPlan::Limit(_) | LogicalPlan::Distinct(Distinct::On(_)));
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                is |= match part {
                    Expr::AggregateFunction(call) => picks_by_order(call.func.name()),
                    Expr::WindowFunction(call) => by_order(call).is_some(),
                    _ => false,
                };
                Ok(if is { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })?;
        Ok(if is { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(is)
}

/// Aggregates that take rows in the order in which they come.
pub(super) fn picks_by_order(function: &str) -> bool {
    matches!(function, "first_value" | "last_value" | "nth_value" | "array_agg" | "string_agg")
}

/// What of a window function depends on the order of rows that its `ORDER BY` leaves open.
pub(super) fn by_order(call: &WindowFunction) -> Option<&'static str> {
    match call.fun.name() {
        "row_number" | "ntile" | "lag" | "lead" | "first_value" | "last_value" | "nth_value"
        | "array_agg" | "string_agg" => Some("depends on the order of rows that are equal in its ORDER BY"),
        "rank" | "dense_rank" | "percent_rank" | "cume_dist" => None,
        _ if counts_rows(&call.params.window_frame) => {
            Some("counts rows that are equal in its ORDER BY one by one")
        }
        _ => None,
    }
}

/// Whether which rows are in a frame depends on their order.
fn counts_rows(frame: &WindowFrame) -> bool {
    let is_open = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::Preceding(offset) | WindowFrameBound::Following(offset) => offset.is_null(),
        WindowFrameBound::CurrentRow => false,
    };
    frame.units == WindowFrameUnits::Rows && !(is_open(&frame.start_bound) && is_open(&frame.end_bound))
}

struct Look<'a, F> {
    inputs: &'a [Rows],
    dependencies: &'a mut Dependencies,
    found: &'a mut F,
}

impl<F: FnMut(Unsettled<'_>)> Look<'_, F> {
    fn node(&mut self, node: &LogicalPlan) {
        let [input] = self.inputs else { return };
        let schema = merge_schema(&node.inputs());
        match node {
            LogicalPlan::Window(window) => {
                for expr in &window.window_expr {
                    if let Expr::WindowFunction(call) = unaliased(expr) {
                        self.window(call, &schema, input);
                    }
                }
            }
            LogicalPlan::Aggregate(aggregate) => {
                for expr in &aggregate.aggr_expr {
                    if let Expr::AggregateFunction(call) = unaliased(expr) {
                        self.aggregate(call, &aggregate.group_expr, &schema, input);
                    }
                }
            }
            LogicalPlan::Distinct(Distinct::On(on)) => {
                let sorts = on.sort_expr.iter().flatten().map(|sort| &sort.expr);
                let by = self.dependencies.expressions(on.on_expr.iter().chain(sorts), &schema, input);
                let given = self.dependencies.expressions(&on.select_expr, &schema, input);
                if !self.settles(&by, &given, input) {
                    let help = self.help("the query's ORDER BY", &by, &schema, input);
                    (self.found)(Unsettled {
                        word: "distinct".to_owned(),
                        exprs: on.on_expr.iter().collect(),
                        message: "DISTINCT ON keeps any of the rows that are equal in its ORDER BY"
                            .to_owned(),
                        note: NOTE.to_owned(),
                        help,
                    });
                }
            }
            LogicalPlan::Limit(limit) => self.limit(limit.input.as_ref(), limit.fetch.as_deref()),
            _ => {}
        }
    }

    fn window(&mut self, call: &WindowFunction, schema: &DFSchema, input: &Rows) {
        let Some(why) = by_order(call) else { return };
        let function = call.fun.name();
        if has_own_order(call, schema) {
            return;
        }
        let params = &call.params;
        let exprs = || params.partition_by.iter().chain(params.order_by.iter().map(|sort| &sort.expr));
        let by = self.dependencies.expressions(exprs(), schema, input);
        if self.dependencies.settles(&by, input) || self.takes_settled_value(call, &by, schema, input) {
            return;
        }
        let help = self.help("its ORDER BY", &by, schema, input);
        (self.found)(Unsettled {
            word: function.to_owned(),
            exprs: exprs().chain(&params.args).collect(),
            message: format!("{function}(…) OVER (…) {why}"),
            note: NOTE.to_owned(),
            help: match counts_rows(&params.window_frame)
                && !matches!(function, "row_number" | "ntile" | "lag" | "lead")
            {
                true => {
                    format!("{help}; or write RANGE in the place of ROWS, which takes equal rows together")
                }
                false => help,
            },
        });
    }

    /// Whether rows that are equal in the order have the same value, so that it is no matter which of them is first.
    fn takes_settled_value(
        &mut self,
        call: &WindowFunction,
        by: &[usize],
        schema: &DFSchema,
        input: &Rows,
    ) -> bool {
        let picks = picks_by_order(call.fun.name()) && !counts_rows(&call.params.window_frame);
        let values = self.dependencies.expressions(&call.params.args, schema, input);
        picks && self.settles(by, &values, input)
    }

    fn aggregate(&mut self, call: &AggregateFunction, groups: &[Expr], schema: &DFSchema, input: &Rows) {
        let function = call.func.name();
        if !picks_by_order(function) {
            return;
        }
        let params = &call.params;
        let exprs = || groups.iter().chain(params.order_by.iter().map(|Sort { expr, .. }| expr));
        let by = self.dependencies.expressions(exprs(), schema, input);
        let values = self.dependencies.expressions(&params.args, schema, input);
        if self.settles(&by, &values, input) {
            return;
        }
        let help = self.help("an ORDER BY within its parentheses", &by, schema, input);
        (self.found)(Unsettled {
            word: function.to_owned(),
            exprs: params.args.iter().collect(),
            message: format!("{function}(…) depends on the order of its rows"),
            note: NOTE.to_owned(),
            help,
        });
    }

    fn limit(&mut self, below: &LogicalPlan, fetch: Option<&Expr>) {
        let [input] = self.inputs else { return };
        if matches!(fetch, Some(Expr::Literal(ScalarValue::Int64(Some(0)), _))) {
            return;
        }
        let mut sorted = below;
        while let LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) = sorted {
            let [only] = sorted.inputs()[..] else { return };
            sorted = only;
        }
        let by = match (sorted, self.dependencies.of_sort(sorted)) {
            (LogicalPlan::Sort(sort), Some(rows)) => {
                let exprs = sort.expr.iter().map(|sort| &sort.expr);
                self.dependencies.expressions(exprs, sort.input.schema(), &rows)
            }
            _ => Vec::new(),
        };
        if self.dependencies.settles(&by, input) {
            return;
        }
        let help = self.help("the query's ORDER BY", &by, below.schema(), input);
        (self.found)(Unsettled {
            word: "limit".to_owned(),
            exprs: Vec::new(),
            message: "LIMIT keeps any of the rows that are equal in the query's ORDER BY".to_owned(),
            note: NOTE.to_owned(),
            help,
        });
    }

    fn settles(&mut self, by: &[usize], values: &[usize], input: &Rows) -> bool {
        let settled = self.dependencies.closure(by);
        values.iter().all(|value| settled[*value]) || self.dependencies.settles(by, input)
    }

    /// What to add, so that no rows are equal: a column that is enough, else all that are open.
    fn help(&mut self, to: &str, by: &[usize], schema: &DFSchema, input: &Rows) -> String {
        let named = || schema.fields().iter().map(|field| field.name().as_str()).zip(&input.columns);
        let enough = named().find(|(_, column)| {
            let with: Vec<usize> = by.iter().copied().chain([**column]).collect();
            self.dependencies.settles(&with, input)
        });
        if let Some((name, _)) = enough {
            return format!("add {name} to {to}: it tells the rows apart");
        }
        let settled = self.dependencies.closure(by);
        let open: Vec<&str> =
            named().filter(|(_, column)| !settled[**column]).map(|(name, _)| name).collect();
        let shown = open.iter().take(8).copied().collect::<Vec<_>>().join(", ");
        let more = if open.len() > 8 { " and the others" } else { "" };
        format!(
            "add columns to {to} until no two rows are equal in them: of {shown}{more}; a PRIMARY KEY of what is read, where it has one, is enough"
        )
    }
}

/// What DISTINCT ON does with ties.
pub(super) const DISTINCT_ON: &str = "DISTINCT ON keeps any of the rows that are equal in its ORDER BY";

const NOTE: &str = "such rows come in any order, so the same input would not give the same bytes";

/// Whether the day-window operator answers the call: it puts rows of one day in an order of their own.
fn has_own_order(call: &WindowFunction, schema: &DFSchema) -> bool {
    let params = &call.params;
    let [order] = params.order_by.as_slice() else { return false };
    let by_day = order.asc && matches!(order.expr.get_type(schema), Ok(DataType::Date32));
    let is_constant = |expr: &Expr| matches!(expr, Expr::Literal(..));
    let frame = &params.window_frame;
    let in_days = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::CurrentRow => true,
        WindowFrameBound::Preceding(offset) | WindowFrameBound::Following(offset) => match offset {
            ScalarValue::IntervalMonthDayNano(Some(offset)) => {
                offset.months == 0 && offset.nanoseconds == 0 && offset.days >= 0
            }
            other => other.is_null(),
        },
    };
    by_day
        && match call.fun.name() {
            "lag" | "lead" => params.args.iter().skip(1).all(is_constant),
            "first_value" | "last_value" => {
                frame.units == WindowFrameUnits::Range
                    && in_days(&frame.start_bound)
                    && in_days(&frame.end_bound)
            }
            _ => false,
        }
}

/// What never depends on the order alone, but has no settled answer: estimates, and "any" value.
pub(super) fn estimates(function: &str) -> Option<Diagnostic> {
    let (message, help) = match function {
        "any_value" => (
            "any_value(…) gives whichever value comes first".to_owned(),
            "write min(…) or max(…), or first_value(… ORDER BY …)",
        ),
        "approx_distinct" => (
            "approx_distinct(…) is an estimate, and another one with each way of cutting the rows".to_owned(),
            "write count(DISTINCT …)",
        ),
        name if name.starts_with("approx_") => (
            format!("{name}(…) is an estimate, and another one with each way of cutting the rows"),
            "write median(…) or percentile_cont(…), which are exact",
        ),
        _ => return None,
    };
    Some(
        Diagnostic::error("row-order", message)
            .note("the same input would not give the same bytes")
            .help(help),
    )
}
