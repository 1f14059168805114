//! Conditions that hold from some day on.

use arrow::datatypes::Date32Type;
use chrono::NaiveDate;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

/// The day from which on a condition holds, and the day that it asks of: `as_of_date >= DATE '2026-05-09'`, which is what
/// `ready('events', 56, as_of_date)` is written as.
pub(super) fn since(condition: &Expr) -> Option<(&Expr, NaiveDate)> {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::GtEq, right }) => Some((left, date(right)?)),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::LtEq, right }) => Some((right, date(left)?)),
        _ => None,
    }
}

/// A day that is written out.
pub(super) fn date(expression: &Expr) -> Option<NaiveDate> {
    match expression {
        Expr::Cast(cast) => date(&cast.expr),
        Expr::Alias(alias) => date(&alias.expr),
        Expr::Literal(ScalarValue::Date32(Some(day)), _) => Date32Type::to_naive_date_opt(*day),
        Expr::Literal(text, _) => text.try_as_str().flatten()?.parse().ok(),
        _ => None,
    }
}
