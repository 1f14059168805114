//! From the sum of some rows and their number to what the function gives.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array, UInt64Array};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Decimal128Type, DecimalType, Int64Type, UInt64Type, i256};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_datafusion_err, internal_err};

use crate::project::types::sql_name;

/// What is made of sums, and of which call.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    /// The call as it was written.
    call: String,
    average: bool,
    to: DataType,
    /// What an average is multiplied by, to have the digits of the result after its division.
    raise: i128,
}

impl Figure {
    /// For a call with an argument of one type and a result of the other.
    pub(super) fn new(call: &str, average: bool, from: &DataType, to: &DataType) -> Self {
        let raise = match (from, to) {
            (DataType::Decimal128(_, from), DataType::Decimal128(_, to)) if average => {
                10i128.pow(u32::try_from(to - from).unwrap_or(0))
            }
            _ => 1,
        };
        Self { call: call.to_owned(), average, to: to.clone(), raise }
    }

    /// The results for some sums and the rows that are in each.
    pub(super) fn array(&self, sums: &[i128], rows: &[i64]) -> Result<ArrayRef> {
        let each = || sums.iter().zip(rows).map(|(sum, rows)| (*rows > 0).then_some((*sum, *rows)));
        Ok(match &self.to {
            DataType::Int64 => {
                let fit = |(sum, _)| i64::try_from(sum).map_err(|_| self.too_large(sum));
                Arc::new(each().map(|sum| sum.map(fit).transpose()).collect::<Result<Int64Array>>()?)
            }
            DataType::UInt64 => {
                let fit = |(sum, _)| u64::try_from(sum).map_err(|_| self.too_large(sum));
                Arc::new(each().map(|sum| sum.map(fit).transpose()).collect::<Result<UInt64Array>>()?)
            }
            DataType::Float64 => {
                let mean = |(sum, rows): (i128, i64)| sum as f64 / rows as f64;
                Arc::new(each().map(|sum| sum.map(mean)).collect::<Float64Array>())
            }
            DataType::Decimal128(precision, scale) => {
                let fit = |(sum, rows)| self.decimal(sum, rows, *precision, *scale);
                let values =
                    each().map(|sum| sum.map(fit).transpose()).collect::<Result<Decimal128Array>>()?;
                Arc::new(values.with_data_type(self.to.clone()))
            }
            other => return internal_err!("a total is no {other}"),
        })
    }

    /// The result for one sum, without the detour over an array: frames ask for one in each row.
    pub(super) fn scalar(&self, sum: i128, rows: i64) -> Result<ScalarValue> {
        if rows == 0 {
            return ScalarValue::try_from(&self.to);
        }
        let too_large = |_| self.too_large(sum);
        Ok(match &self.to {
            DataType::Int64 => ScalarValue::Int64(Some(sum.try_into().map_err(too_large)?)),
            DataType::UInt64 => ScalarValue::UInt64(Some(sum.try_into().map_err(too_large)?)),
            DataType::Float64 => ScalarValue::Float64(Some(sum as f64 / rows as f64)),
            DataType::Decimal128(precision, scale) => {
                let value = self.decimal(sum, rows, *precision, *scale)?;
                ScalarValue::Decimal128(Some(value), *precision, *scale)
            }
            other => return internal_err!("a total is no {other}"),
        })
    }

    /// That something does not fit.
    pub(super) fn too_large(&self, sum: i128) -> DataFusionError {
        exec_datafusion_err!("{} is {sum}, which {} cannot hold", self.call, sql_name(&self.to))
    }

    /// That a sum does not fit 128 bits.
    pub(super) fn beyond(&self) -> DataFusionError {
        exec_datafusion_err!("{} is more than {} can hold", self.call, sql_name(&self.to))
    }

    fn decimal(&self, sum: i128, rows: i64, precision: u8, scale: i8) -> Result<i128> {
        let value = match self.average {
            // Truncated, as DataFusion's own average of decimals is.
            true => {
                (i256::from_i128(sum) * i256::from_i128(self.raise) / i256::from_i128(rows.into())).to_i128()
            }
            false => Some(sum),
        };
        let fits =
            |value: &i128| Decimal128Type::validate_decimal_precision(*value, precision, scale).is_ok();
        value.filter(fits).ok_or_else(|| self.beyond())
    }
}

/// Exact values as they were coerced at planning, or sums of them in a state, in 128 bits.
pub(super) enum Amounts<'a> {
    Integers(&'a [i64]),
    Unsigned(&'a [u64]),
    Decimals(&'a [i128]),
}

impl<'a> Amounts<'a> {
    pub(super) fn of(array: &'a ArrayRef) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::Int64 => Self::Integers(array.as_primitive::<Int64Type>().values()),
            DataType::UInt64 => Self::Unsigned(array.as_primitive::<UInt64Type>().values()),
            DataType::Decimal128(..) => Self::Decimals(array.as_primitive::<Decimal128Type>().values()),
            other => return internal_err!("{other} is not added up exactly"),
        })
    }

    /// Calls for the amount of each row that counts.
    #[inline]
    pub(super) fn each(
        &self,
        valid: Option<&BooleanBuffer>,
        mut call: impl FnMut(usize, i128) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Integers(values) => rows(values, valid, |row, value| call(row, i128::from(value))),
            Self::Unsigned(values) => rows(values, valid, |row, value| call(row, i128::from(value))),
            Self::Decimals(values) => rows(values, valid, call),
        }
    }
}

#[inline]
fn rows<T: Copy>(
    values: &[T],
    valid: Option<&BooleanBuffer>,
    mut call: impl FnMut(usize, T) -> Result<()>,
) -> Result<()> {
    match valid {
        None => values.iter().enumerate().try_for_each(|(row, value)| call(row, *value)),
        Some(valid) => valid.set_indices().try_for_each(|row| call(row, values[row])),
    }
}
