//! Columns of numbers as a frame of Polars, and single numbers out of one.

use polars::prelude::{Column, DataFrame, PolarsError, RankMethod, RankOptions};

use crate::error::{Error, Result};
use crate::read::columns::finite;

/// Ranks from 1 on; rows with the same number share the middle of theirs.
pub(crate) const MIDDLE: RankOptions = RankOptions { method: RankMethod::Average, descending: false };

/// A column of numbers; what is not finite is missing.
pub(crate) fn column(name: &str, values: &[Option<f64>]) -> Column {
    Column::new(name.into(), values.iter().map(|value| finite(*value)).collect::<Vec<_>>())
}

/// A frame of columns of as many rows each.
///
/// # Errors
/// Never, with columns of other names and as many rows.
pub(crate) fn frame(columns: Vec<Column>) -> Result<DataFrame> {
    DataFrame::new_infer_height(columns).map_err(|error| bug(&error))
}

/// The numbers of a row, in the order of the columns; `None` for what is missing, or no number.
///
/// # Errors
/// Never, for a row that is there.
pub(crate) fn row(frame: &DataFrame, at: usize) -> Result<Vec<Option<f64>>> {
    let value = |column: &Column| column.get(at).map(|value| finite(value.try_extract::<f64>().ok()));
    frame.columns().iter().map(value).collect::<std::result::Result<_, _>>().map_err(|error| bug(&error))
}

/// What Polars says of a frame that was made here is a fault of this program.
pub(crate) fn bug(error: &PolarsError) -> Error {
    Error::Bug(error.to_string())
}
