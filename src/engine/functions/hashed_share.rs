//! `hashed_share(salt, text)`: where a text falls between 0 and 1, by its hash.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use sha2::{Digest, Sha256};

/// `hashed_share(salt, text) → DOUBLE`: [`share`] of each row; NULL where one of them is.
pub fn hashed_share() -> ScalarUDF {
    ScalarUDF::new_from_impl(HashedShare {
        signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable),
    })
}

/// The first 8 bytes of SHA-256 of the salt, a zero byte and the text (both UTF-8), as a big-endian number, divided by 2^64: the
/// nearest double, from 0 to 1. It says the same in any language: in Python
/// `int.from_bytes(sha256(salt + b"\0" + text).digest()[:8], "big") / 2**64`.
pub fn share(salt: &str, text: &str) -> f64 {
    let mut hash = Sha256::new();
    hash.update(salt.as_bytes());
    hash.update([0]);
    hash.update(text.as_bytes());
    let first = hash.finalize().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    first as f64 / 2_f64.powi(64)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct HashedShare {
    signature: Signature,
}

impl ScalarUDFImpl for HashedShare {
    fn name(&self) -> &'static str {
        "hashed_share"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let texts = |at: usize| -> Result<StringArray> {
            let array = args.args[at].to_array(args.number_rows)?;
            Ok(cast(&array, &DataType::Utf8)?.as_string::<i32>().clone())
        };
        let (salts, texts) = (texts(0)?, texts(1)?);
        let shares: Float64Array =
            salts.iter().zip(texts.iter()).map(|(salt, text)| Some(share(salt?, text?))).collect();
        Ok(ColumnarValue::Array(Arc::new(shares) as ArrayRef))
    }
}
