//! Where in a plan a quotient of whole numbers becomes a number with decimals: too late, they are gone.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, JoinType, LogicalPlan, Operator};

use super::lineage::model;
use crate::engine::whole_keys::SAME_VALUE;

/// Functions whose whole value is that of one of their arguments, or made of them by adding and multiplying.
const KEEPING: [&str; 13] = [
    "checked_add",
    "checked_subtract",
    "checked_multiply",
    "checked_negate",
    "abs",
    "round",
    "coalesce",
    "nvl",
    "ifnull",
    "nullif",
    "greatest",
    "least",
    SAME_VALUE,
];

/// Aggregates and window functions whose whole value is that of a row, or a sum.
const KEEPING_ROWS: [&str; 9] =
    ["min", "max", "sum", "median", "first_value", "last_value", "nth_value", "lag", "lead"];

/// Functions that round to decimals, or up: of a whole quotient there is nothing left to round.
const ROUNDING: [&str; 2] = ["round", "ceil"];

/// A division of whole numbers.
#[derive(Debug, Clone)]
pub(super) struct Division {
    /// As it was written.
    pub(super) quotient: Expr,
    /// The view that divides, where it is not the query itself.
    pub(super) view: Option<String>,
}

/// The divisions of whole numbers in a plan with settled types whose quotients, on their own or within sums, products and
/// choices, become numbers with decimals, or are rounded as if they were. What a view divides is followed into those that
/// read it. A table says of what type its columns are: a quotient that it stores as a whole number was meant to be one.
pub(super) fn widened(plan: &LogicalPlan) -> Result<Vec<Division>> {
    let mut search = Search::default();
    search.plan(plan)?;
    Ok(search.found)
}

/// For each column of a step the division that its whole value is made of.
type Divisions = Vec<Option<Division>>;

#[derive(Default)]
struct Search {
    found: Vec<Division>,
}

impl Search {
    /// Searches a step and those below it.
    fn plan(&mut self, plan: &LogicalPlan) -> Result<Divisions> {
        let width = plan.schema().fields().len();
        if let Some(name) = model(plan) {
            let LogicalPlan::SubqueryAlias(view) = plan else { return Ok(vec![None; width]) };
            // What goes wrong within it is told of the view itself.
            let divisions = Self::default().plan(&view.input)?;
            let of_view =
                |division: Division| Division { view: division.view.or(Some(name.clone())), ..division };
            return Ok(divisions.into_iter().map(|division| division.map(of_view)).collect());
        }
        let below = plan.inputs();
        let schema = merge_schema(&below);
        let inputs = below.into_iter().map(|input| Ok((input, self.plan(input)?))).collect::<Result<_>>()?;
        let step = Step { inputs, schema };
        plan.apply_expressions(|expr| self.expression(expr, &step))?;
        let mut divisions = step.columns(plan);
        divisions.resize(width, None);
        Ok(divisions)
    }

    /// Searches an expression and its parts. Who asks for the whole part of a quotient has it.
    fn expression(&mut self, expr: &Expr, step: &Step<'_>) -> Result<TreeNodeRecursion> {
        self.found.extend(step.widened(expr));
        match expr {
            Expr::ScalarSubquery(inner) => drop(self.plan(&inner.subquery)?),
            Expr::InSubquery(inner) => drop(self.plan(&inner.subquery.subquery)?),
            Expr::Exists(inner) => drop(self.plan(&inner.subquery.subquery)?),
            _ => {}
        }
        let whole_part =
            matches!(expr, Expr::ScalarFunction(call) if ["floor", "trunc"].contains(&call.name()));
        expr.apply_children(|part| match part {
            Expr::Cast(cast) if whole_part => self.expression(&cast.expr, step),
            part => self.expression(part, step),
        })
    }
}

/// What the expressions of a step are made of.
struct Step<'a> {
    inputs: Vec<(&'a LogicalPlan, Divisions)>,
    schema: DFSchema,
}

impl Step<'_> {
    /// The division in what an expression makes a number with decimals of.
    fn widened(&self, expr: &Expr) -> Option<Division> {
        let given = match expr {
            Expr::ScalarFunction(call) if ROUNDING.contains(&call.name()) => {
                return self.division(call.args.first()?);
            }
            Expr::Cast(cast) => &cast.expr,
            Expr::TryCast(cast) => &cast.expr,
            Expr::AggregateFunction(call) => call.params.args.first()?,
            Expr::WindowFunction(call) => call.params.args.first()?,
            _ => return None,
        };
        let made = expr.get_type(&self.schema).ok()?;
        if has_decimals(&made) { self.division(given) } else { None }
    }

    /// The division that a whole value is made of.
    fn division(&self, expr: &Expr) -> Option<Division> {
        if !expr.get_type(&self.schema).is_ok_and(|given| given.is_integer()) {
            return None;
        }
        match expr {
            Expr::Column(column) => self.inputs.iter().find_map(|(input, divisions)| {
                divisions.get(input.schema().maybe_index_of_column(column)?)?.clone()
            }),
            Expr::Alias(alias) => self.division(&alias.expr),
            Expr::Cast(cast) => self.division(&cast.expr),
            Expr::TryCast(cast) => self.division(&cast.expr),
            Expr::Negative(operand) => self.division(operand),
            Expr::BinaryExpr(binary) => match binary.op {
                Operator::Divide => self.spelled(&binary.left, &binary.right),
                Operator::Plus | Operator::Minus | Operator::Multiply => {
                    self.division(&binary.left).or_else(|| self.division(&binary.right))
                }
                _ => None,
            },
            Expr::Case(case) => {
                let results = case.when_then_expr.iter().map(|(_, then)| then).chain(&case.else_expr);
                results.into_iter().find_map(|result| self.division(result))
            }
            Expr::ScalarFunction(call) => self.division_in_call(call),
            Expr::AggregateFunction(call) if KEEPING_ROWS.contains(&call.func.name()) => {
                self.division(call.params.args.first()?)
            }
            Expr::WindowFunction(call) if KEEPING_ROWS.contains(&call.fun.name()) => {
                self.division(call.params.args.first()?)
            }
            Expr::ScalarSubquery(inner) => {
                Search::default().plan(&inner.subquery).ok()?.into_iter().next().flatten()
            }
            _ => None,
        }
    }

    fn division_in_call(&self, call: &ScalarFunction) -> Option<Division> {
        match (call.name(), call.args.as_slice()) {
            ("checked_divide", [left, right]) => self.spelled(left, right),
            (name, args) if KEEPING.contains(&name) => args.iter().find_map(|arg| self.division(arg)),
            _ => None,
        }
    }

    /// A division as it was written: with what is grouped by, aggregates and windows, that the step reads as columns.
    fn spelled(&self, left: &Expr, right: &Expr) -> Option<Division> {
        let (left, right) = (Box::new(left.clone()), Box::new(right.clone()));
        let division = Expr::BinaryExpr(BinaryExpr { left, op: Operator::Divide, right });
        let spelled = division.transform(|part| {
            let made = part.try_as_col().filter(|column| column.spans.first().is_none());
            let made = made.and_then(|column| self.computed(column));
            Ok(made.map_or_else(|| Transformed::no(part), Transformed::yes))
        });
        spelled.data().ok().map(|quotient| Division { quotient, view: None })
    }

    fn computed(&self, column: &Column) -> Option<Expr> {
        self.inputs
            .iter()
            .find_map(|(input, _)| computed(input, input.schema().maybe_index_of_column(column)?))
    }

    fn columns(&self, plan: &LogicalPlan) -> Divisions {
        let first = || self.inputs.first().map(|(_, divisions)| divisions.clone()).unwrap_or_default();
        let of = |expr: &Expr| self.division(expr);
        match plan {
            LogicalPlan::Projection(projection) => projection.expr.iter().map(of).collect(),
            LogicalPlan::Aggregate(aggregate) => {
                aggregate.group_expr.iter().chain(&aggregate.aggr_expr).map(of).collect()
            }
            LogicalPlan::Window(window) => {
                first().into_iter().chain(window.window_expr.iter().map(of)).collect()
            }
            LogicalPlan::Join(join) => match join.join_type {
                JoinType::RightSemi | JoinType::RightAnti => {
                    self.inputs.last().map(|(_, divisions)| divisions.clone()).unwrap_or_default()
                }
                _ => self.inputs.iter().flat_map(|(_, divisions)| divisions.clone()).collect(),
            },
            LogicalPlan::Union(_) => {
                let any = |at: usize| self.inputs.iter().find_map(|(_, of)| of.get(at)?.clone());
                (0..first().len()).map(any).collect()
            }
            _ => first(),
        }
    }
}

/// What is grouped by, the aggregate or the window that a column of a step is.
fn computed(plan: &LogicalPlan, at: usize) -> Option<Expr> {
    match plan {
        LogicalPlan::Aggregate(aggregate) => {
            aggregate.group_expr.iter().chain(&aggregate.aggr_expr).nth(at).cloned()
        }
        LogicalPlan::Window(window) => match at.checked_sub(window.input.schema().fields().len()) {
            Some(at) => window.window_expr.get(at).cloned(),
            None => computed(&window.input, at),
        },
        LogicalPlan::Filter(filter) => computed(&filter.input, at),
        LogicalPlan::Sort(sort) => computed(&sort.input, at),
        _ => None,
    }
}

fn has_decimals(given: &DataType) -> bool {
    given.is_numeric() && !given.is_integer()
}
