//! Comparisons of numbers that were cast to a type that cannot hold all of them.
//!
//! DataFusion compares what was cast with the constant cast back: of `CAST(amount AS BIGINT) = 1` it makes `amount = 1.00`,
//! of `TRY_CAST(n AS SMALLINT) > 1` it makes `n > 1`. That is the same where the cast keeps every value, and wrong where
//! it rounds, gives NULL or fails (apache/datafusion#14303). Here such a cast stands within a function that nobody sees
//! through.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{DFSchema, Result};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::{Case, InList};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Between, BinaryExpr, Cast, Expr, ExprSchemable, LogicalPlan, Operator, TryCast,
};
use datafusion::optimizer::AnalyzerRule;

use super::whole_keys::same_value;
use crate::project::types::fits;

/// Hides casts that lose something from those who compare.
#[derive(Debug)]
pub(super) struct NarrowingCasts;

impl AnalyzerRule for NarrowingCasts {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| {
            let mut schema = None;
            let names = NamePreserver::new(&node);
            let inputs: Vec<LogicalPlan> = node.inputs().into_iter().cloned().collect();
            node.map_expressions(|expr| {
                if !expr.exists(|part| Ok(compares_a_cast(part)))? {
                    return Ok(Transformed::no(expr));
                }
                let schema = schema.get_or_insert_with(|| merge_schema(&inputs.iter().collect::<Vec<_>>()));
                let name = names.save(&expr);
                let hidden = expr.transform_up(|part| settled(part, schema))?;
                Ok(hidden.update_data(|expr| name.restore(expr)))
            })
        })
        .data()
    }

    fn name(&self) -> &str {
        "narrowing_casts"
    }
}

fn compares(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

fn is_cast(expr: &Expr) -> bool {
    matches!(expr, Expr::Cast(_) | Expr::TryCast(_))
}

fn compares_a_cast(part: &Expr) -> bool {
    match part {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            compares(*op) && (is_cast(left) || is_cast(right))
        }
        Expr::InList(list) => is_cast(&list.expr),
        Expr::Between(between) => is_cast(&between.expr),
        Expr::Case(case) => case.expr.as_deref().is_some_and(is_cast),
        _ => false,
    }
}

fn settled(part: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    if !compares_a_cast(&part) {
        return Ok(Transformed::no(part));
    }
    let hidden = |side: Box<Expr>| hidden(*side, schema).map(Box::new);
    Ok(Transformed::yes(match part {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            Expr::BinaryExpr(BinaryExpr { left: hidden(left)?, op, right: hidden(right)? })
        }
        Expr::InList(InList { expr, list, negated }) => {
            Expr::InList(InList { expr: hidden(expr)?, list, negated })
        }
        Expr::Between(Between { expr, negated, low, high }) => {
            Expr::Between(Between { expr: hidden(expr)?, negated, low, high })
        }
        Expr::Case(Case { expr, when_then_expr, else_expr }) => {
            Expr::Case(Case { expr: expr.map(hidden).transpose()?, when_then_expr, else_expr })
        }
        other => other,
    }))
}

/// A side of a comparison, in which each cast that does not keep every number is hidden; a wider one may stand around it.
fn hidden(side: Expr, schema: &DFSchema) -> Result<Expr> {
    let (cast, is_lossy) = match side {
        Expr::Cast(Cast { expr, field }) => {
            let is_lossy = loses(&expr, field.data_type(), schema)?;
            (Expr::Cast(Cast { expr: Box::new(hidden(*expr, schema)?), field }), is_lossy)
        }
        Expr::TryCast(TryCast { expr, field }) => {
            let is_lossy = loses(&expr, field.data_type(), schema)?;
            (Expr::TryCast(TryCast { expr: Box::new(hidden(*expr, schema)?), field }), is_lossy)
        }
        other => return Ok(other),
    };
    Ok(if is_lossy { same_value().call(vec![cast]) } else { cast })
}

/// Whether a type of numbers cannot hold every number of an expression.
fn loses(expr: &Expr, to: &DataType, schema: &DFSchema) -> Result<bool> {
    let from = expr.get_type(schema)?;
    Ok(from.is_numeric() && to.is_numeric() && !fits(&from, to))
}
