//! The values of checked operators.

use arrow::array::{Array, ArrayRef, AsArray, Datum, Int64Array};
use arrow::compute::kernels::numeric::{add, div, mul, neg, sub};
use arrow::compute::{CastOptions, cast_with_options, try_binary};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use arrow::error::ArrowError;
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_datafusion_err, internal_err};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr_common::datum::apply;

use super::operation::Operation;
use crate::project::types::sql_name;

/// The value of an operation, which is of a type known before.
pub(super) fn compute(
    operation: Operation,
    operands: &[ColumnarValue],
    result: &DataType,
    written: &str,
) -> Result<ColumnarValue> {
    let computed = match operands {
        [operand] => negated(operand),
        [left, right] => apply(left, right, |left, right| {
            let value = binary(operation, left, right)?;
            within_digits(value, result)
        }),
        _ => return internal_err!("an operator has one operand or two"),
    };
    computed.map_err(|error| explained(error, result, written))
}

fn negated(operand: &ColumnarValue) -> Result<ColumnarValue> {
    Ok(match operand {
        ColumnarValue::Array(array) => ColumnarValue::Array(neg(array.as_ref())?),
        ColumnarValue::Scalar(scalar) => {
            ColumnarValue::Scalar(ScalarValue::try_from_array(&neg(scalar.to_array()?.as_ref())?, 0)?)
        }
    })
}

fn binary(operation: Operation, left: &dyn Datum, right: &dyn Datum) -> Result<ArrayRef, ArrowError> {
    match operation {
        Operation::Add => add(left, right),
        Operation::Subtract => sub(left, right),
        Operation::Multiply => mul(left, right),
        Operation::Divide => div(left, right),
        Operation::ShiftLeft => shift_left(left, right),
        Operation::Negate => Err(ArrowError::ComputeError("a negation has one operand".to_owned())),
    }
}

/// A shift is a multiplication by a power of two, and no bit may be lost by it.
fn shift_left(left: &dyn Datum, right: &dyn Datum) -> Result<ArrayRef, ArrowError> {
    let to = left.get().0.data_type().clone();
    let (left, right) = (wide(left, right)?, wide(right, left)?);
    let shifted = try_binary(&left, &right, |value, places| {
        let shifted = u32::try_from(places).ok().and_then(|places| value.checked_shl(places));
        shifted.filter(|shifted| *shifted >> places == value).ok_or_else(|| {
            ArrowError::ArithmeticOverflow(format!("Overflow happened on: {value} << {places}"))
        })
    })?;
    let shifted: Int64Array = shifted;
    exact(&shifted, &to)
}

/// An operand in 64 bits, as often as the other has rows.
fn wide(operand: &dyn Datum, other: &dyn Datum) -> Result<Int64Array, ArrowError> {
    let (array, is_scalar) = operand.get();
    let wide = exact(array, &DataType::Int64)?;
    let (other, other_is_scalar) = other.get();
    if !is_scalar || other_is_scalar {
        return Ok(wide.as_primitive::<Int64Type>().clone());
    }
    let value = wide.as_primitive::<Int64Type>().iter().next().flatten();
    Ok(std::iter::repeat_n(value, other.len()).collect())
}

fn exact(array: &dyn Array, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })
}

/// A result of 38 digits may have come to need 39, which still fit its 128 bits.
fn within_digits(value: ArrayRef, result: &DataType) -> Result<ArrayRef, ArrowError> {
    if let DataType::Decimal128(precision, _) = result
        && let Some(decimals) = value.as_primitive_opt::<Decimal128Type>()
    {
        decimals.validate_decimal_precision(*precision)?;
    }
    Ok(value)
}

/// The engine's word for it in terms of the expression.
fn explained(error: DataFusionError, result: &DataType, written: &str) -> DataFusionError {
    let DataFusionError::ArrowError(arrow, _) = &error else { return error };
    match arrow.as_ref() {
        ArrowError::ArithmeticOverflow(message) => {
            let computed = message.trim_start_matches("Overflow happened on: ");
            exec_datafusion_err!(
                "{written} overflows: {} cannot hold {computed}; CAST an operand to a wider type first, such as BIGINT or DECIMAL(38, 0)",
                sql_name(result)
            )
        }
        ArrowError::InvalidArgumentError(_) | ArrowError::CastError(_) => {
            exec_datafusion_err!(
                "{written} overflows: a value has more digits than {} holds",
                sql_name(result)
            )
        }
        ArrowError::DivideByZero => {
            exec_datafusion_err!("{written} divides by zero; write nullif(…, 0) for NULL instead")
        }
        _ => error,
    }
}
