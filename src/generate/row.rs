//! What every row of a source can say: its file, when it was known, its columns.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::sheet::Clock;

/// A row of a source.
pub(super) trait Row: Clone {
    /// The file of the source.
    const FILE: &'static str;

    /// When the warehouse knew the row, in microseconds since the world's first day began.
    fn known(&self) -> i64;

    /// Rows as the contract of the source has them.
    ///
    /// # Errors
    ///
    /// Columns that do not make a table, which is a mistake of this program.
    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError>;
}
