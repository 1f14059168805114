//! A function that lets instants pass that nanoseconds can count, and is an error on others: `date_bin` computes in these,
//! and gives NULL for what lies beyond.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, FieldRef, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, exec_err, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Its name.
pub(super) const WITHIN_NANOSECONDS: &str = "within_nanoseconds";

/// The microseconds since 1970 that 64 bits count in nanoseconds, before as after it.
const MOST: i64 = i64::MAX / 1000;

/// The function.
pub(super) fn within_nanoseconds() -> ScalarUDF {
    ScalarUDF::new_from_impl(WithinNanoseconds { signature: Signature::any(1, Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct WithinNanoseconds {
    signature: Signature,
}

impl ScalarUDFImpl for WithinNanoseconds {
    fn name(&self) -> &'static str {
        WITHIN_NANOSECONDS
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        internal_err!("the field of an instant is that of its argument")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        match args.arg_fields {
            [field] => Ok(Arc::clone(field)),
            _ => internal_err!("one instant, not {}", args.arg_fields.len()),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [value] = args.args.as_slice() else { return internal_err!("one instant") };
        let instants = value.to_array(args.number_rows)?;
        if matches!(instants.data_type(), DataType::Timestamp(TimeUnit::Microsecond, _)) {
            let micros = instants.as_primitive::<TimestampMicrosecondType>();
            if micros.iter().flatten().any(|micros| micros.unsigned_abs() > MOST.unsigned_abs()) {
                return exec_err!("date_bin reaches from the year 1678 to 2261, and an instant lies beyond");
            }
        }
        Ok(value.clone())
    }
}
