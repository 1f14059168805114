//! Result columns in the making.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Float64Builder, Int64Builder, UInt32Array, UInt64Builder,
};
use arrow::compute::{cast, concat, take};
use arrow::datatypes::{DataType, Decimal128Type, DecimalType, i256};
use datafusion::common::{Result, exec_datafusion_err, internal_err};

use super::code::{decode, f64_of};
use super::gather::{Gathered, KeyOrder};
use super::spec::{Function, OutputSpec, Shift, Values};

/// The values of one output for some accounts and days.
pub(super) enum Column {
    Int64(Int64Builder),
    UInt64(UInt64Builder),
    Float64(Float64Builder),
    Decimal128 {
        values: Vec<Option<i128>>,
        precision: u8,
        scale: i8,
        /// What an average is multiplied by, to have the digits of the result after its division.
        raise: i128,
    },
    Codes(Vec<Option<i64>>),
}

impl Column {
    /// An empty column for an output; `scale` is that of the decimals it sums, if it does.
    pub(super) fn new(output: &OutputSpec, scale: i8) -> Result<Self> {
        let data_type = output.field.data_type();
        if matches!(output.function, Function::Pick { .. } | Function::Shift { .. }) {
            return Ok(Self::Codes(Vec::new()));
        }
        Ok(match data_type {
            DataType::Int64 => Self::Int64(Int64Builder::new()),
            DataType::UInt64 => Self::UInt64(UInt64Builder::new()),
            DataType::Float64 => Self::Float64(Float64Builder::new()),
            DataType::Decimal128(precision, to) => Self::Decimal128 {
                values: Vec::new(),
                precision: *precision,
                scale: *to,
                raise: 10i128.pow(u32::try_from(to - scale).unwrap_or(0)),
            },
            other => return internal_err!("a day window has no results of type {other}"),
        })
    }

    /// A count.
    pub(super) fn push_count(&mut self, count: i64) -> Result<()> {
        match self {
            Self::Int64(builder) => builder.append_value(count),
            _ => return internal_err!("a count is a BIGINT"),
        }
        Ok(())
    }

    /// A double, or nothing.
    pub(super) fn push_double(&mut self, value: Option<f64>) -> Result<()> {
        match self {
            Self::Float64(builder) => builder.append_option(value),
            _ => return internal_err!("a statistic is a DOUBLE"),
        }
        Ok(())
    }

    /// A sum, or NULL where nothing was summed; `None` is one that does not fit 128 bits.
    pub(super) fn push_sum(&mut self, sum: Option<i128>, counted: i64, name: &str) -> Result<()> {
        let overflow = || exec_datafusion_err!("{name} overflows its type");
        let sum = sum.ok_or_else(overflow)?;
        let sum = (counted > 0).then_some(sum);
        match self {
            Self::Int64(builder) => {
                builder.append_option(sum.map(i64::try_from).transpose().map_err(|_| overflow())?)
            }
            Self::UInt64(builder) => {
                builder.append_option(sum.map(u64::try_from).transpose().map_err(|_| overflow())?)
            }
            Self::Decimal128 { values, precision, scale, .. } => {
                let fits = sum.is_none_or(|sum| is_decimal(sum, *precision, *scale));
                values.push(fits.then_some(sum).ok_or_else(overflow)?);
            }
            Self::Float64(_) | Self::Codes(_) => return internal_err!("a sum is exact"),
        }
        Ok(())
    }

    /// The average of a sum over its count, or NULL where nothing was summed.
    pub(super) fn push_average(&mut self, sum: Option<i128>, counted: i64, name: &str) -> Result<()> {
        let overflow = || exec_datafusion_err!("{name} overflows its type");
        let sum = sum.ok_or_else(overflow)?;
        match self {
            Self::Float64(builder) => {
                builder.append_option((counted > 0).then(|| sum as f64 / counted as f64))
            }
            Self::Decimal128 { values, .. } if counted == 0 => values.push(None),
            Self::Decimal128 { values, precision, scale, raise } => {
                // Truncated, as DataFusion's own average of decimals is.
                let average =
                    i256::from_i128(sum) * i256::from_i128(*raise) / i256::from_i128(counted.into());
                let average = average.to_i128().filter(|average| is_decimal(*average, *precision, *scale));
                values.push(Some(average.ok_or_else(overflow)?));
            }
            _ => return internal_err!("an average is a DOUBLE or a decimal"),
        }
        Ok(())
    }

    /// The code of a value, or nothing.
    pub(super) fn push_code(&mut self, code: Option<i64>) -> Result<()> {
        match self {
            Self::Codes(codes) => codes.push(code),
            _ => return internal_err!("a picked value is a code"),
        }
        Ok(())
    }

    /// The mean of the two middle codes of doubles or decimals; of decimals that are keys `order` has the values.
    pub(super) fn push_median(&mut self, middle: Option<(i64, i64)>, order: Option<&KeyOrder>) -> Result<()> {
        match (self, order) {
            (Self::Float64(builder), None) => {
                builder.append_option(middle.map(|(low, high)| f64_of(low).midpoint(f64_of(high))));
            }
            (Self::Decimal128 { values, .. }, order) => {
                let sorted = order.map(|order| order.sorted.as_primitive::<Decimal128Type>().values());
                let value = |code: i64| sorted.map_or(i128::from(code), |sorted| sorted[code as usize]);
                // Rounded towards zero, as DataFusion's own is.
                values.push(middle.map(|(low, high)| value(low).midpoint(value(high))));
            }
            _ => return internal_err!("a median is a DOUBLE or a decimal"),
        }
        Ok(())
    }

    /// The finished array.
    pub(super) fn finish(self, output: &OutputSpec, data: &Gathered) -> Result<ArrayRef> {
        let data_type = output.field.data_type();
        Ok(match self {
            Self::Int64(mut builder) => Arc::new(builder.finish()),
            Self::UInt64(mut builder) => Arc::new(builder.finish()),
            Self::Float64(mut builder) => Arc::new(builder.finish()),
            Self::Decimal128 { values, .. } => {
                Arc::new(Decimal128Array::from(values).with_data_type(data_type.clone()))
            }
            Self::Codes(codes) => match output.function.values().and_then(Values::key) {
                Some(key) => of_places(&codes, &sorted_values(output, key, data)?, data_type)?,
                None => decode(&codes, data_type)?,
            },
        })
    }
}

/// The values of a key in ascending order, and after them what stands where there is no row.
fn sorted_values(output: &OutputSpec, key: usize, data: &Gathered) -> Result<ArrayRef> {
    let Some(order) = &data.orders[key] else { return internal_err!("keys that are not in order") };
    let Function::Shift { shift: Shift { default: Some(default), .. }, .. } = output.function else {
        return Ok(Arc::clone(&order.sorted));
    };
    let default = data.spec.defaults[default].cast_to(order.sorted.data_type())?.to_array()?;
    Ok(concat(&[order.sorted.as_ref(), default.as_ref()])?)
}

fn of_places(codes: &[Option<i64>], sorted: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    let places: UInt32Array = codes.iter().map(|code| code.map(|code| code as u32)).collect();
    let values = take(sorted, &places, None)?;
    Ok(if values.data_type() == data_type { values } else { cast(&values, data_type)? })
}

fn is_decimal(value: i128, precision: u8, scale: i8) -> bool {
    Decimal128Type::validate_decimal_precision(value, precision, scale).is_ok()
}
