//! The functions that stand for the operators.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::type_coercion::binary::BinaryTypeCoercer;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::compute::compute;
use super::operation::Operation;

/// An operator that gives the right value or an error.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CheckedOperator {
    operation: Operation,
    /// The expression as it was written, for messages.
    written: String,
    signature: Signature,
}

impl CheckedOperator {
    /// The operator over its operands.
    pub(super) fn call(operation: Operation, written: String, operands: Vec<Expr>) -> Expr {
        let signature = Signature::user_defined(Volatility::Immutable);
        let function = ScalarUDF::from(Self { operation, written, signature });
        Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function), operands))
    }
}

impl ScalarUDFImpl for CheckedOperator {
    fn name(&self) -> &str {
        match self.operation {
            Operation::Add => "checked_add",
            Operation::Subtract => "checked_subtract",
            Operation::Multiply => "checked_multiply",
            Operation::Divide => "checked_divide",
            Operation::ShiftLeft => "checked_shift_left",
            Operation::Negate => "checked_negate",
        }
    }

    /// The operator's own name, which columns have that are not given another.
    fn schema_name(&self, operands: &[Expr]) -> Result<String> {
        match operands {
            [operand] => Ok(format!("(- {})", operand.schema_name())),
            [left, right] => {
                Ok(format!("{} {} {}", left.schema_name(), self.operation.operator(), right.schema_name()))
            }
            _ => internal_err!("an operator has one operand or two"),
        }
    }

    fn display_name(&self, operands: &[Expr]) -> Result<String> {
        match operands {
            [operand] => Ok(format!("(- {operand})")),
            [left, right] => Ok(format!("({left} {} {right})", self.operation.operator())),
            _ => internal_err!("an operator has one operand or two"),
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, operands: &[DataType]) -> Result<Vec<DataType>> {
        match operands {
            [left, right] => {
                let operator = self.operation.operator();
                let (left, right) = BinaryTypeCoercer::new(left, &operator, right).get_input_types()?;
                Ok(vec![left, right])
            }
            operands => Ok(operands.to_vec()),
        }
    }

    fn return_type(&self, operands: &[DataType]) -> Result<DataType> {
        match operands {
            [operand] => Ok(operand.clone()),
            [left, right] => {
                BinaryTypeCoercer::new(left, &self.operation.operator(), right).get_result_type()
            }
            _ => internal_err!("an operator has one operand or two"),
        }
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs) -> Result<FieldRef> {
        let operands: Vec<DataType> =
            arguments.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let nullable = arguments.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(self.name(), self.return_type(&operands)?, nullable)))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        compute(self.operation, &arguments.args, arguments.return_field.data_type(), &self.written)
    }
}
