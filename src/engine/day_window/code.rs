//! Values of many types as 64-bit codes in the same order, and back.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::*;
use datafusion::common::{Result, exec_err, internal_err};

/// Decimals of at most so many digits fit 64 bits.
const MAX_DIGITS: u8 = 18;

/// Whether values of this type have codes. Wider and longer values are told apart by an interner instead.
pub(super) fn has_code(data_type: &DataType) -> bool {
    match data_type {
        DataType::Boolean | DataType::Float32 | DataType::Float64 => true,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, _) => true,
        DataType::Time32(_) | DataType::Time64(_) => true,
        DataType::Decimal128(precision, _) => *precision <= MAX_DIGITS,
        other => other.is_integer(),
    }
}

/// The code of every value; where there is none, anything.
pub(super) fn encode(values: &ArrayRef) -> Result<ScalarBuffer<i64>> {
    Ok(match values.data_type() {
        DataType::Boolean => values.as_boolean().values().iter().map(i64::from).collect(),
        DataType::Int8 => widen::<Int8Type>(values),
        DataType::Int16 => widen::<Int16Type>(values),
        DataType::Int32 => widen::<Int32Type>(values),
        DataType::UInt8 => widen::<UInt8Type>(values),
        DataType::UInt16 => widen::<UInt16Type>(values),
        DataType::UInt32 => widen::<UInt32Type>(values),
        DataType::Date32 => widen::<Date32Type>(values),
        DataType::Time32(TimeUnit::Second) => widen::<Time32SecondType>(values),
        DataType::Time32(_) => widen::<Time32MillisecondType>(values),
        DataType::Int64 => same::<Int64Type>(values),
        DataType::Date64 => same::<Date64Type>(values),
        DataType::Time64(TimeUnit::Microsecond) => same::<Time64MicrosecondType>(values),
        DataType::Time64(_) => same::<Time64NanosecondType>(values),
        DataType::Timestamp(TimeUnit::Second, _) => same::<TimestampSecondType>(values),
        DataType::Timestamp(TimeUnit::Millisecond, _) => same::<TimestampMillisecondType>(values),
        DataType::Timestamp(TimeUnit::Microsecond, _) => same::<TimestampMicrosecondType>(values),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => same::<TimestampNanosecondType>(values),
        DataType::UInt64 => map::<UInt64Type>(values, |value| flip_unsigned(value as i64)),
        DataType::Float32 => {
            map::<Float32Type>(values, |value| flip_float(f64::from(value).to_bits() as i64))
        }
        DataType::Float64 => map::<Float64Type>(values, |value| flip_float(value.to_bits() as i64)),
        DataType::Decimal128(_, _) => {
            let decimals = values.as_primitive::<Decimal128Type>();
            decimals.iter().map(narrow_decimal).collect::<Result<_>>()?
        }
        other => return internal_err!("values of type {other} have no codes"),
    })
}

/// The values of codes, as an array of the type that they came from.
pub(super) fn decode(codes: &[Option<i64>], data_type: &DataType) -> Result<ArrayRef> {
    Ok(match data_type {
        DataType::Boolean => {
            Arc::new(codes.iter().map(|code| code.map(|c| c != 0)).collect::<BooleanArray>())
        }
        DataType::Int8 => narrow::<Int8Type>(codes, data_type),
        DataType::Int16 => narrow::<Int16Type>(codes, data_type),
        DataType::Int32 => narrow::<Int32Type>(codes, data_type),
        DataType::UInt8 => narrow::<UInt8Type>(codes, data_type),
        DataType::UInt16 => narrow::<UInt16Type>(codes, data_type),
        DataType::UInt32 => narrow::<UInt32Type>(codes, data_type),
        DataType::Date32 => narrow::<Date32Type>(codes, data_type),
        DataType::Time32(TimeUnit::Second) => narrow::<Time32SecondType>(codes, data_type),
        DataType::Time32(_) => narrow::<Time32MillisecondType>(codes, data_type),
        DataType::Int64 => narrow::<Int64Type>(codes, data_type),
        DataType::Date64 => narrow::<Date64Type>(codes, data_type),
        DataType::Time64(TimeUnit::Microsecond) => narrow::<Time64MicrosecondType>(codes, data_type),
        DataType::Time64(_) => narrow::<Time64NanosecondType>(codes, data_type),
        DataType::Timestamp(TimeUnit::Second, _) => narrow::<TimestampSecondType>(codes, data_type),
        DataType::Timestamp(TimeUnit::Millisecond, _) => narrow::<TimestampMillisecondType>(codes, data_type),
        DataType::Timestamp(TimeUnit::Microsecond, _) => narrow::<TimestampMicrosecondType>(codes, data_type),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => narrow::<TimestampNanosecondType>(codes, data_type),
        DataType::UInt64 => unmap::<UInt64Type>(codes, data_type, |code| flip_unsigned(code) as u64),
        DataType::Float32 => unmap::<Float32Type>(codes, data_type, |code| f64_of(code) as f32),
        DataType::Float64 => unmap::<Float64Type>(codes, data_type, f64_of),
        DataType::Decimal128(_, _) => unmap::<Decimal128Type>(codes, data_type, i128::from),
        other => return internal_err!("values of type {other} have no codes"),
    })
}

/// A decimal of at most 18 digits in 64 bits.
pub(super) fn narrow_decimal(value: Option<i128>) -> Result<i64> {
    match i64::try_from(value.unwrap_or(0)) {
        Ok(value) => Ok(value),
        Err(_) => exec_err!("a decimal has more digits than its type allows"),
    }
}

/// Whether decimals of this precision fit 64 bits.
pub(super) fn is_narrow(precision: u8) -> bool {
    precision <= MAX_DIGITS
}

fn same<T: ArrowPrimitiveType<Native = i64>>(values: &ArrayRef) -> ScalarBuffer<i64> {
    values.as_primitive::<T>().values().clone()
}

fn widen<T: ArrowPrimitiveType>(values: &ArrayRef) -> ScalarBuffer<i64>
where
    T::Native: Into<i64>,
{
    map::<T>(values, Into::into)
}

fn map<T: ArrowPrimitiveType>(values: &ArrayRef, code: impl Fn(T::Native) -> i64) -> ScalarBuffer<i64> {
    values.as_primitive::<T>().values().iter().map(|value| code(*value)).collect()
}

fn narrow<T: ArrowPrimitiveType>(codes: &[Option<i64>], data_type: &DataType) -> ArrayRef
where
    T::Native: TryFrom<i64>,
{
    // Every code was once a value of this type, so none is lost.
    let values: PrimitiveArray<T> =
        codes.iter().map(|code| code.and_then(|code| T::Native::try_from(code).ok())).collect();
    Arc::new(values.with_data_type(data_type.clone()))
}

fn unmap<T: ArrowPrimitiveType>(
    codes: &[Option<i64>],
    data_type: &DataType,
    value: impl Fn(i64) -> T::Native,
) -> ArrayRef {
    let values: PrimitiveArray<T> = codes.iter().map(|code| code.map(&value)).collect();
    Arc::new(values.with_data_type(data_type.clone()))
}

fn flip_unsigned(bits: i64) -> i64 {
    bits ^ i64::MIN
}

/// The bits of a double, flipped so that they compare as `f64::total_cmp` does; its own inverse.
fn flip_float(bits: i64) -> i64 {
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The double of a code.
pub(super) fn f64_of(code: i64) -> f64 {
    f64::from_bits(flip_float(code) as u64)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float64Array, UInt64Array};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn codes_keep_order_and_value(floats in prop::collection::vec(any::<f64>(), 1..50), whole in any::<[u64; 20]>()) {
            let array: ArrayRef = Arc::new(Float64Array::from(floats.clone()));
            let codes = encode(&array).unwrap();
            for (a, x) in codes.iter().zip(&floats) {
                for (b, y) in codes.iter().zip(&floats) {
                    prop_assert_eq!(a.cmp(b), x.total_cmp(y));
                }
            }
            let optional: Vec<_> = codes.iter().copied().map(Some).collect();
            prop_assert_eq!(&decode(&optional, &DataType::Float64).unwrap(), &array);

            let array: ArrayRef = Arc::new(UInt64Array::from(whole.to_vec()));
            let codes = encode(&array).unwrap();
            prop_assert_eq!(codes[0].cmp(&codes[1]), whole[0].cmp(&whole[1]));
            let optional: Vec<_> = codes.iter().copied().map(Some).collect();
            prop_assert_eq!(&decode(&optional, &DataType::UInt64).unwrap(), &array);
        }
    }
}
