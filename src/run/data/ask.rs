//! A source that is asked, and the columns of its answers.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use chrono::NaiveDate;

use crate::engine::Session;
use crate::project::model::{Model, Source};

/// A source whose rows are looked at.
#[derive(Clone, Copy)]
pub(super) struct OfSource<'a> {
    pub(super) session: &'a Session,
    pub(super) model: &'a Model,
    pub(super) source: &'a Source,
}

/// The values of a column of whole numbers, in the order of the rows; NULL is 0.
pub(super) fn numbers(batches: &[RecordBatch], column: usize) -> Vec<i64> {
    let values = batches.iter().filter_map(|batch| cast(batch.columns().get(column)?, &DataType::Int64).ok());
    values
        .flat_map(|values| {
            values.as_primitive::<Int64Type>().iter().map(Option::unwrap_or_default).collect::<Vec<_>>()
        })
        .collect()
}

/// The values of a column of days, in the order of the rows; those that are not NULL.
pub(in crate::run) fn days(batches: &[RecordBatch], column: usize) -> Vec<NaiveDate> {
    let values =
        batches.iter().filter_map(|batch| batch.columns().get(column)?.as_primitive_opt::<Date32Type>());
    values
        .flat_map(|values| {
            (0..values.len()).filter(|row| values.is_valid(*row)).filter_map(|row| values.value_as_date(row))
        })
        .collect()
}
