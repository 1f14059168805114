//! Which operators are replaced.

use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable};

use super::operation::Operation;
use super::operator::CheckedOperator;

/// Puts checked operators in the place of those that would wrap.
#[derive(Debug)]
pub(crate) struct CheckedArithmetic;

impl FunctionRewrite for CheckedArithmetic {
    fn name(&self) -> &str {
        "checked_arithmetic"
    }

    fn rewrite(&self, expr: Expr, schema: &DFSchema, _: &ConfigOptions) -> Result<Transformed<Expr>> {
        match &expr {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                let Some(operation) = Operation::of(*op) else { return Ok(Transformed::no(expr)) };
                // What has no type is reported by the planner, in its own words.
                if !expr.get_type(schema).is_ok_and(|result| can_overflow(&result))
                    || is_temporal(left, schema)
                    || is_temporal(right, schema)
                {
                    return Ok(Transformed::no(expr));
                }
                let written = expr.human_display().to_string();
                let operands = vec![left.as_ref().clone(), right.as_ref().clone()];
                Ok(Transformed::yes(CheckedOperator::call(operation, written, operands)))
            }
            Expr::Negative(operand) if operand.get_type(schema).is_ok_and(|of| of.is_integer()) => {
                // Only the number after the minus tells whether a literal is in range.
                if matches!(operand.as_ref(), Expr::Literal(..)) {
                    return Ok(Transformed::no(expr));
                }
                let written = expr.human_display().to_string();
                let operands = vec![operand.as_ref().clone()];
                Ok(Transformed::yes(CheckedOperator::call(Operation::Negate, written, operands)))
            }
            _ => Ok(Transformed::no(expr)),
        }
    }
}

/// Whether results of the type may wrap or have a digit too many.
fn can_overflow(result: &DataType) -> bool {
    matches!(result, DataType::Decimal128(DECIMAL128_MAX_PRECISION, _)) || result.is_integer()
}

fn is_temporal(operand: &Expr, schema: &DFSchema) -> bool {
    operand.get_type(schema).is_ok_and(|of| of.is_temporal())
}
