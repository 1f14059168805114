//! Columns of Parquet, read off rows of any kind.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::Date32Type;
use chrono::NaiveDate;

/// Texts.
pub fn text<T>(rows: &[T], read: impl Fn(&T) -> Option<String>) -> ArrayRef {
    Arc::new(StringArray::from_iter(rows.iter().map(read)))
}

/// Truths.
pub fn flag<T>(rows: &[T], read: impl Fn(&T) -> bool) -> ArrayRef {
    Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(read(row)))))
}

/// Days.
pub fn date<T>(rows: &[T], read: impl Fn(&T) -> Option<NaiveDate>) -> ArrayRef {
    Arc::new(Date32Array::from_iter(rows.iter().map(|row| read(row).map(Date32Type::from_naive_date))))
}

/// Instants, in microseconds.
pub fn time<T>(rows: &[T], read: impl Fn(&T) -> Option<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(rows.iter().map(read)))
}

/// Decimals in their smallest units, of 18 digits.
pub fn decimal(values: impl Iterator<Item = i128>, scale: i8) -> ArrayRef {
    let array = Decimal128Array::from_iter_values(values);
    Arc::new(array.with_precision_and_scale(18, scale).unwrap())
}
