//! What the columns of a plan are made of: one step back, to the columns of the models that the query names.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, ScalarValue, TableReference};
use datafusion::logical_expr::expr::{AggregateFunctionParams, Case, WindowFunctionParams};
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, Operator, WindowFrame, WindowFrameBound};

/// A column of a model: `layer.table`, and its name.
pub(crate) type Origin = (String, String);

/// Columns that something is made of.
pub(crate) type Origins = BTreeSet<Origin>;

/// What a column is made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Made {
    /// All that its value is computed from, the order and the partitions of windows included; not what decides which rows
    /// there are.
    pub(crate) of: Origins,
    /// What is added up or counted in it, counted rows included.
    pub(super) counts: Origins,
    /// What it has no value without: columns that nothing stands in for where they are NULL.
    pub(super) bare: Origins,
    /// What it is divided by, or has no value without, where that may be zero and nothing stands in for the value then.
    pub(super) over: Origins,
}

/// What each column of a plan is made of, by its name.
pub(crate) fn made_of(plan: &LogicalPlan) -> BTreeMap<String, Made> {
    let fields = plan.schema().fields().iter().map(|field| field.name().clone());
    fields.zip(of_plan(plan)).collect()
}

impl Made {
    /// A column of a model.
    fn column(model: &str, name: &str) -> Self {
        let of = Origins::from([(model.to_owned(), name.to_owned())]);
        Self { counts: of.clone(), bare: of.clone(), of, over: Origins::new() }
    }

    fn and(mut self, other: &Self) -> Self {
        for (own, others) in [
            (&mut self.of, &other.of),
            (&mut self.counts, &other.counts),
            (&mut self.bare, &other.bare),
            (&mut self.over, &other.over),
        ] {
            own.extend(others.iter().cloned());
        }
        self
    }

    /// The same where there may be no row that it comes from: it has no value then.
    fn or_absent(mut self) -> Self {
        self.over.extend(self.counts.iter().cloned());
        self
    }

    /// The same of what has a value whatever it is made of.
    fn always_there(self) -> Self {
        Self { bare: Origins::new(), over: Origins::new(), ..self }
    }

    fn all<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        parts.into_iter().fold(Self::default(), Self::and)
    }
}

/// The inputs of a step, and what their columns are made of.
type Inputs<'a> = Vec<(&'a LogicalPlan, Vec<Made>)>;

/// What each column of a plan is made of, in the order of its columns.
fn of_plan(plan: &LogicalPlan) -> Vec<Made> {
    if let Some(name) = model(plan) {
        let fields = plan.schema().fields().iter();
        return fields.map(|field| Made::column(&name, field.name())).collect();
    }
    let inputs: Inputs<'_> = plan.inputs().into_iter().map(|input| (input, of_plan(input))).collect();
    let of = |expression: &Expr| of_expression(expression, &inputs);
    let first = || inputs.first().map(|(_, made)| made.clone()).unwrap_or_default();
    let found = match plan {
        LogicalPlan::Projection(projection) => projection.expr.iter().map(of).collect(),
        LogicalPlan::Aggregate(aggregate) => {
            aggregate.group_expr.iter().chain(&aggregate.aggr_expr).map(of).collect()
        }
        LogicalPlan::Window(window) => first().into_iter().chain(window.window_expr.iter().map(of)).collect(),
        LogicalPlan::Join(join) => match join.join_type {
            JoinType::LeftSemi | JoinType::LeftAnti => first(),
            JoinType::RightSemi | JoinType::RightAnti => {
                inputs.last().map(|(_, made)| made.clone()).unwrap_or_default()
            }
            kind => {
                let is_absent = |side: usize| match kind {
                    JoinType::Left => side == 1,
                    JoinType::Right => side == 0,
                    JoinType::Full => true,
                    _ => false,
                };
                let sides = inputs.iter().enumerate().flat_map(|(side, (_, made))| {
                    made.iter().map(
                        move |made| if is_absent(side) { made.clone().or_absent() } else { made.clone() },
                    )
                });
                sides.collect()
            }
        },
        LogicalPlan::Union(_) => {
            // Of a log and the days of a spine, say: rows of the one have what those of the other have not.
            let columns = together(&inputs).into_iter().enumerate();
            columns.map(|(at, made)| if given(plan, at) == 1 { made.or_absent() } else { made }).collect()
        }
        _ => first(),
    };
    let width = plan.schema().fields().len();
    if found.len() == width {
        return found;
    }
    // A step of a kind that is not known here: each column may be made of all that goes in.
    vec![everything(&inputs); width]
}

fn everything(inputs: &Inputs<'_>) -> Made {
    Made::all(inputs.iter().flat_map(|(_, made)| made))
}

/// The columns of several inputs, place by place.
fn together(inputs: &Inputs<'_>) -> Vec<Made> {
    let width = inputs.iter().map(|(_, made)| made.len()).max().unwrap_or_default();
    (0..width).map(|at| Made::all(inputs.iter().filter_map(|(_, made)| made.get(at)))).collect()
}

/// How many of the queries that a plan puts below each other give a column, and not NULL, as it is written.
fn given(plan: &LogicalPlan, at: usize) -> usize {
    match plan {
        LogicalPlan::Union(union) => union.inputs.iter().map(|rows| given(rows, at)).sum(),
        LogicalPlan::Projection(projection) => match projection.expr.get(at).map(literal_of) {
            Some(Expr::Literal(value, _)) => usize::from(!value.is_null()),
            Some(Expr::Column(column)) => {
                let place = projection.input.schema().maybe_index_of_column(column);
                place.map_or(1, |at| given(&projection.input, at))
            }
            _ => 1,
        },
        LogicalPlan::SubqueryAlias(alias) if model(plan).is_none() => given(&alias.input, at),
        LogicalPlan::Filter(filter) => given(&filter.input, at),
        _ => 1,
    }
}

/// An expression without its name and its casts.
fn literal_of(expression: &Expr) -> &Expr {
    match expression {
        Expr::Alias(alias) => literal_of(&alias.expr),
        Expr::Cast(cast) => literal_of(&cast.expr),
        other => other,
    }
}

/// The model that a plan stands for: a scan, or a view that was put in under its name.
pub(super) fn model(plan: &LogicalPlan) -> Option<String> {
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

fn of_expression(expression: &Expr, inputs: &Inputs<'_>) -> Made {
    match expression {
        Expr::Column(column) | Expr::OuterReferenceColumn(_, column) => of_column(column, inputs),
        Expr::ScalarSubquery(subquery) => Made::all(&of_plan(&subquery.subquery)),
        Expr::BinaryExpr(binary) if matches!(binary.op, Operator::Divide | Operator::Modulo) => {
            let (above, below) = (of_expression(&binary.left, inputs), of_expression(&binary.right, inputs));
            let counts = if is_never_zero(&binary.right) { Origins::new() } else { below.counts.clone() };
            let mut made = above.and(&below);
            made.over.extend(counts);
            made
        }
        Expr::ScalarFunction(call) if stands_in(call.func.name(), &call.args) => {
            of_parts(expression, inputs).always_there()
        }
        Expr::IsNull(_) | Expr::IsNotNull(_) => of_parts(expression, inputs).always_there(),
        Expr::ScalarFunction(call) => {
            let mut made = of_parts(expression, inputs);
            if let Some(of) = without_value_at_zero(call.func.name(), &call.args) {
                made.over.extend(of_expression(of, inputs).counts);
            }
            made
        }
        Expr::Case(case) => {
            let mut made = of_parts(expression, inputs);
            if is_null_at_zero(case) {
                let asked = case.expr.iter().chain(case.when_then_expr.iter().map(|(when, _)| when));
                made.over.extend(asked.flat_map(|part| of_expression(part, inputs).counts));
            }
            made
        }
        Expr::AggregateFunction(function) => {
            let AggregateFunctionParams { args, filter, .. } = &function.params;
            let made = counted(args, of_parts(expression, inputs), inputs);
            of_rows(function.func.name(), filter.is_some(), made)
        }
        Expr::WindowFunction(function) => {
            let WindowFunctionParams { args, filter, window_frame, .. } = &function.params;
            let measured = args.iter().chain(filter.as_deref());
            let measured =
                measured.fold(Made::default(), |made, part| made.and(&of_expression(part, inputs)));
            let of = of_parts(expression, inputs).of;
            let made = counted(args, Made { of, ..measured }, inputs);
            let may_be_none = filter.is_some() || !holds_its_row(window_frame);
            of_rows(function.fun.name(), may_be_none, made)
        }
        _ => of_parts(expression, inputs),
    }
}

fn of_column(column: &Column, inputs: &Inputs<'_>) -> Made {
    let found =
        inputs.iter().filter_map(|(input, made)| made.get(input.schema().maybe_index_of_column(column)?));
    Made::all(found)
}

fn of_parts(expression: &Expr, inputs: &Inputs<'_>) -> Made {
    let mut made = Made::default();
    let visited = expression.apply_children(|part| {
        made = std::mem::take(&mut made).and(&of_expression(part, inputs));
        Ok(TreeNodeRecursion::Continue)
    });
    // Nothing in it fails.
    debug_assert!(visited.is_ok());
    made
}

/// What a function makes of rows of which there may be none: a count is 0 then, and everything else has no value.
fn of_rows(name: &str, may_be_none: bool, made: Made) -> Made {
    match name {
        "count" | "regr_count" => made.always_there(),
        _ if may_be_none => made.or_absent(),
        _ => made,
    }
}

/// Whether a frame holds the row that it is of, so that there is one at least.
fn holds_its_row(frame: &WindowFrame) -> bool {
    let reaches = |bound: &WindowFrameBound, back: bool| match bound {
        WindowFrameBound::CurrentRow => true,
        WindowFrameBound::Preceding(offset) => back || (!offset.is_null() && is_zero(offset)),
        WindowFrameBound::Following(offset) => !back || (!offset.is_null() && is_zero(offset)),
    };
    reaches(&frame.start_bound, true) && reaches(&frame.end_bound, false)
}

fn is_zero(offset: &ScalarValue) -> bool {
    ScalarValue::new_zero(&offset.data_type()).is_ok_and(|zero| zero == *offset)
}

/// `count(*)` counts whatever rows there are.
fn counted(args: &[Expr], made: Made, inputs: &Inputs<'_>) -> Made {
    if args.iter().all(|arg| matches!(arg, Expr::Literal(..))) {
        Made { counts: everything(inputs).counts, ..made }
    } else {
        made
    }
}

/// Whether a function gives a number wherever its other arguments are NULL.
fn stands_in(name: &str, args: &[Expr]) -> bool {
    matches!(name, "coalesce" | "nvl" | "ifnull") && args.last().is_some_and(|last| literal(last).is_some())
}

/// The argument of a function that gives no number, or one without an end, where that is zero.
fn without_value_at_zero<'a>(name: &str, args: &'a [Expr]) -> Option<&'a Expr> {
    match (name, args) {
        ("ln" | "log" | "log2" | "log10" | "cot", [.., of]) => (!is_never_zero(of)).then_some(of),
        ("nullif", [of, none]) => literal(none).is_none_or(|none| none == 0.0).then_some(of),
        ("power" | "pow", [of, exponent]) => {
            let is_defined = literal(exponent).is_some_and(|exponent| exponent >= 0.0) || is_never_zero(of);
            (!is_defined).then_some(of)
        }
        _ => None,
    }
}

/// Whether a `CASE` gives NULL where what it asks for is zero, and only compares numbers.
fn is_null_at_zero(case: &Case) -> bool {
    let is_null = |then: &Expr| matches!(then, Expr::Literal(value, _) if value.is_null());
    for (when, then) in &case.when_then_expr {
        let holds = match &case.expr {
            None => at_zero(when),
            Some(_) => literal(when).map(|number| number == 0.0),
        };
        match holds {
            Some(true) => return is_null(then),
            Some(false) => {}
            // It may be this branch or a later one; what is asked may have nothing to do with how much there is.
            None => return false,
        }
    }
    case.else_expr.as_deref().is_none_or(is_null)
}

/// Whether a condition holds where the columns that it names are 0; `None` where that is not seen.
fn at_zero(condition: &Expr) -> Option<bool> {
    let number = |side: &Expr| match side {
        Expr::Column(_) => Some(0.0),
        other => literal(other),
    };
    match condition {
        Expr::BinaryExpr(both) if both.op == Operator::And => {
            match (at_zero(&both.left), at_zero(&both.right)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            }
        }
        Expr::BinaryExpr(either) if either.op == Operator::Or => {
            match (at_zero(&either.left), at_zero(&either.right)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            }
        }
        Expr::BinaryExpr(compared) => {
            let (left, right) = (number(&compared.left)?, number(&compared.right)?);
            match compared.op {
                Operator::Eq => Some(left == right),
                Operator::NotEq => Some(left != right),
                Operator::Lt => Some(left < right),
                Operator::LtEq => Some(left <= right),
                Operator::Gt => Some(left > right),
                Operator::GtEq => Some(left >= right),
                _ => None,
            }
        }
        Expr::Not(inner) => at_zero(inner).map(|holds| !holds),
        _ => None,
    }
}

/// A divisor that is not zero, whatever it is made of.
fn is_never_zero(divisor: &Expr) -> bool {
    match divisor {
        Expr::Cast(cast) => is_never_zero(&cast.expr),
        Expr::Alias(alias) => is_never_zero(&alias.expr),
        Expr::ScalarFunction(call) if call.func.name() == "greatest" => {
            call.args.iter().filter_map(literal).any(|least| least > 0.0)
        }
        Expr::BinaryExpr(sum) if sum.op == Operator::Plus => {
            [&sum.left, &sum.right].into_iter().filter_map(|part| literal(part)).any(|part| part > 0.0)
        }
        other => literal(other).is_some_and(|number| number != 0.0),
    }
}

/// A number that is written out.
fn literal(expression: &Expr) -> Option<f64> {
    match expression {
        Expr::Cast(cast) => literal(&cast.expr),
        Expr::Literal(value, _) => match value.cast_to(&arrow::datatypes::DataType::Float64) {
            Ok(ScalarValue::Float64(number)) => number,
            _ => None,
        },
        _ => None,
    }
}
