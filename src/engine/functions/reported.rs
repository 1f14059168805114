//! `reported(source, day)`: a call that a session writes as a comparison, once it knows as of which days sources are reported.

use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::project::reported::NAME;
use crate::project::types::{is_text, sql_name};

/// `reported('tickets', DATE) → BOOLEAN`. It stands in plans that nothing is computed with; see
/// [`crate::project::reported`] for what it means.
pub fn reported() -> ScalarUDF {
    ScalarUDF::new_from_impl(Reported { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Reported {
    signature: Signature,
}

impl ScalarUDFImpl for Reported {
    fn name(&self) -> &'static str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [source, DataType::Date32 | DataType::Null] if is_text(source) => {
                Ok(vec![source.clone(), DataType::Date32])
            }
            _ => {
                let given: Vec<String> = types.iter().map(sql_name).collect();
                plan_err!("reported takes the name of a source and a DATE, not ({})", given.join(", "))
            }
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("nothing was asked of the sources, which alone can tell what is reported")
    }
}
