//! Values of a file's column as values of the declared type, one by one where that is what it takes.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Float32Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::compute::kernels::cmp::not_distinct;
use arrow::compute::kernels::numeric::add;
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampNanosecondType,
};
use arrow::error::ArrowError;
use arrow::util::display::array_value_to_string;
use chrono_tz::Tz;

use super::reading::Reading;
use crate::engine::sources::day_begins;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Bytes of a value that a message shows.
const SHOWN: usize = 16;

/// The first value that the declared type cannot hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// Its row in what was converted.
    pub(crate) row: usize,
    /// The value as text.
    pub(crate) value: String,
}

/// The values read as `reading` says.
///
/// # Errors
/// What the casts say; a value that does not fit is no error of this kind.
pub(crate) fn converted(
    values: &ArrayRef,
    declared: &DataType,
    reading: Reading,
    zone: Tz,
) -> Result<Result<ArrayRef, Unfit>, ArrowError> {
    let strict = CastOptions { safe: false, ..Default::default() };
    let converted = match reading {
        Reading::Kept => cast_with_options(values, declared, &strict)?,
        Reading::Exact => return exact(values, declared),
        Reading::Instant => return fitting(cast(&floored(values), declared)?, values),
        Reading::DayBegins => return fitting(cast(&days_begin(values, zone), declared)?, values),
        Reading::Midnight => return midnights(values),
        Reading::Uuid => cast(&uuids(values), declared)?,
        Reading::Text => return text(values, declared),
        Reading::Microseconds => return microseconds(values),
    };
    Ok(Ok(converted))
}

/// What a cast gave, if it gave a value for each.
fn fitting(there: ArrayRef, values: &ArrayRef) -> Result<Result<ArrayRef, Unfit>, ArrowError> {
    let kept = (0..values.len()).map(|row| Some(values.is_null(row) || there.is_valid(row)));
    Ok(first_false(&kept.collect(), values).map_or(Ok(there), Err))
}

/// There and back again must give the same.
fn exact(values: &ArrayRef, declared: &DataType) -> Result<Result<ArrayRef, Unfit>, ArrowError> {
    let values = without_negative_zero(values)?;
    let there = cast(&values, declared)?;
    let same = not_distinct(&cast(&there, values.data_type())?, &values)?;
    Ok(first_false(&same, &values).map_or(Ok(there), Err))
}

/// Zero has a sign in doubles, and in no other number.
fn without_negative_zero(values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match values.data_type() {
        DataType::Float64 => add(&values.as_primitive::<Float64Type>(), &Float64Array::new_scalar(0.0)),
        DataType::Float32 => add(&values.as_primitive::<Float32Type>(), &Float32Array::new_scalar(0.0)),
        DataType::Float16 => without_negative_zero(&cast(values, &DataType::Float32)?),
        _ => Ok(Arc::clone(values)),
    }
}

fn first_false(same: &BooleanArray, values: &ArrayRef) -> Option<Unfit> {
    let row = (0..same.len()).find(|row| !same.value(*row))?;
    let value = array_value_to_string(values, row).unwrap_or_else(|_| "out of range".to_owned());
    Some(Unfit { row, value })
}

/// Bytes as text, each held against UTF-8 before it is called text.
fn text(values: &ArrayRef, declared: &DataType) -> Result<Result<ArrayRef, Unfit>, ArrowError> {
    let bytes = cast(values, &DataType::BinaryView)?;
    let all = bytes.as_binary_view();
    let unfit = all.iter().enumerate().find_map(|(row, value)| {
        let value = value.filter(|value| std::str::from_utf8(value).is_err())?;
        Some(Unfit { row, value: hexadecimal(value) })
    });
    unfit.map_or_else(|| cast(&bytes, declared).map(Ok), |unfit| Ok(Err(unfit)))
}

/// The first bytes as people write them: `0xff00`.
fn hexadecimal(bytes: &[u8]) -> String {
    let shown: String = bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    format!("0x{shown}{}", if bytes.len() > SHOWN { "…" } else { "" })
}

/// Durations as whole microseconds.
fn microseconds(values: &ArrayRef) -> Result<Result<ArrayRef, Unfit>, ArrowError> {
    let DataType::Duration(unit) = values.data_type() else {
        return Err(ArrowError::CastError(format!("{} is no duration", values.data_type())));
    };
    let micros = |count: i64| match unit {
        TimeUnit::Second => count.checked_mul(1_000_000),
        TimeUnit::Millisecond => count.checked_mul(1000),
        TimeUnit::Microsecond => Some(count),
        TimeUnit::Nanosecond => (count % 1000 == 0).then_some(count / 1000),
    };
    let counts = cast(values, &DataType::Int64)?;
    let counts = counts.as_primitive::<Int64Type>();
    let name = match unit {
        TimeUnit::Second => "seconds",
        TimeUnit::Millisecond => "milliseconds",
        TimeUnit::Microsecond => "microseconds",
        TimeUnit::Nanosecond => "nanoseconds",
    };
    let unfit = counts.iter().enumerate().find_map(|(row, count)| {
        let count = count.filter(|count| micros(*count).is_none())?;
        Some(Unfit { row, value: format!("a duration of {count} {name}, read as whole microseconds") })
    });
    let read: Int64Array = counts.iter().map(|count| count.and_then(micros)).collect();
    Ok(unfit.map_or(Ok(Arc::new(read)), Err))
}

/// Nanoseconds cut down, also before 1970: a cast would cut towards it.
fn floored(values: &ArrayRef) -> ArrayRef {
    let DataType::Timestamp(TimeUnit::Nanosecond, zone) = values.data_type() else {
        return Arc::clone(values);
    };
    let nanos = values.as_primitive::<TimestampNanosecondType>();
    let micros: TimestampMicrosecondArray = nanos.unary(|value| value.div_euclid(1000));
    Arc::new(micros.with_timezone_opt(zone.clone()))
}

fn days_begin(values: &ArrayRef, zone: Tz) -> ArrayRef {
    let days: &Date32Array = values.as_primitive::<Date32Type>();
    let begin = |day| Date32Type::to_naive_date_opt(day).map(|day| day_begins(day, zone));
    Arc::new(days.iter().map(|day| day.and_then(begin)).collect::<TimestampMicrosecondArray>())
}

fn midnights(values: &ArrayRef) -> Result<Result<ArrayRef, Unfit>, ArrowError> {
    let micros = cast(values, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
    let back = cast(&micros, values.data_type())?;
    let exact = not_distinct(&back, values)?;
    let micros = micros.as_primitive::<TimestampMicrosecondType>();
    let fit = (0..micros.len()).map(|row| {
        let midnight = micros.is_null(row) || micros.value(row).rem_euclid(DAY) == 0;
        Some(midnight && exact.value(row))
    });
    let unfit = first_false(&fit.collect(), values);
    let days: Date32Array = micros.unary(|micros| i32::try_from(micros.div_euclid(DAY)).unwrap_or_default());
    Ok(unfit.map_or(Ok(Arc::new(days)), Err))
}

/// As everyone writes them: 8-4-4-4-12 hexadecimal digits.
fn uuids(values: &ArrayRef) -> ArrayRef {
    let text = |bytes: &[u8]| {
        let mut text = String::with_capacity(36);
        for (place, byte) in bytes.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.extend([byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap_or('0')));
        }
        text
    };
    Arc::new(values.as_fixed_size_binary().iter().map(|bytes| bytes.map(text)).collect::<StringArray>())
}
