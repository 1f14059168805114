//! The rows of a batch, as what is kept of them takes them in.

use arrow::buffer::BooleanBuffer;
use datafusion::common::Result;

/// The rows of one batch as the measures see them.
pub(super) struct Rows<'a> {
    /// The slot of each row.
    pub(super) slots: &'a [u32],
    /// The account of each row.
    pub(super) accounts: &'a [u32],
    /// The day of each row.
    pub(super) days: &'a [i32],
    /// For each slot, how many rows came in earlier batches.
    pub(super) counted: &'a [i64],
}

/// Calls for each row that counts, in order.
#[inline]
pub(super) fn each(
    rows: usize,
    valid: Option<&BooleanBuffer>,
    mut call: impl FnMut(usize) -> Result<()>,
) -> Result<()> {
    match valid {
        None => (0..rows).try_for_each(call),
        Some(valid) => valid.set_indices().try_for_each(&mut call),
    }
}
