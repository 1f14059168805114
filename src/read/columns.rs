//! Columns of an answer as numbers and texts, by their names.

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use crate::error::{Error, Result};

/// A column of doubles; integers, decimals and truth values become such.
pub(crate) fn numbers(batch: &RecordBatch, name: &str) -> Result<Vec<Option<f64>>> {
    let column = column(batch, name, &DataType::Float64)?;
    Ok(column.as_primitive::<Float64Type>().iter().collect())
}

/// A column of texts.
pub(crate) fn texts(batch: &RecordBatch, name: &str) -> Result<Vec<Option<String>>> {
    let column = column(batch, name, &DataType::Utf8)?;
    Ok(column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect())
}

/// A column of texts that the contract says are there.
pub(crate) fn known_texts(batch: &RecordBatch, name: &str) -> Result<Vec<String>> {
    let known = texts(batch, name)?.into_iter().collect::<Option<Vec<String>>>();
    known.ok_or_else(|| Error::Bug(format!("a published row has no {name}")))
}

fn column(batch: &RecordBatch, name: &str, form: &DataType) -> Result<ArrayRef> {
    let column = batch.column_by_name(name).ok_or_else(|| Error::Bug(format!("no column {name}")))?;
    cast(column, form).map_err(|error| Error::Bug(format!("{name}: {error}")))
}

/// A number that counts: neither missing, nor NaN, nor infinite; and no negative zero, as in components.
pub(crate) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite()).map(|value| value + 0.0)
}
