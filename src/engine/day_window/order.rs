//! The orders in which results go out, and the place of accounts in them.

use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::{SortColumn, SortOptions, lexsort_to_indices};
use datafusion::common::Result;

/// What results are sorted by, ascending, NULLs last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResultOrder {
    /// By day, then by the partition keys.
    Days,
    /// By the partition keys, then by day.
    Accounts,
}

/// The order that operators and files want.
pub(super) const ASCENDING: SortOptions = SortOptions { descending: false, nulls_first: false };

/// The place of each account in the order of its partition keys.
pub(super) fn ranks(keys: &[ArrayRef], accounts: usize) -> Result<Vec<u32>> {
    let mut ranks = vec![0; accounts];
    if keys.is_empty() {
        return Ok(ranks);
    }
    let columns = keys.iter().map(|key| SortColumn { values: Arc::clone(key), options: Some(ASCENDING) });
    let order: UInt32Array = lexsort_to_indices(&columns.collect::<Vec<_>>(), None)?;
    for (rank, account) in order.values().iter().enumerate() {
        ranks[*account as usize] = rank as u32;
    }
    Ok(ranks)
}
