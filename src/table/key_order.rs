//! The order of a table's rows: the proof that they are sorted by their key, and where two of them share it.

use std::cmp::Ordering;

use arrow::array::{ArrayRef, DynComparator, RecordBatch, make_comparator};
use arrow::compute::SortOptions;
use arrow::error::ArrowError;

use crate::error::{Error, Result};

/// Follows the key through the batches of one table.
pub(super) struct KeyOrder {
    table: String,
    /// The sort key, by position.
    columns: Vec<usize>,
    /// The key of the last row seen, each column one row long.
    last: Option<Vec<ArrayRef>>,
}

impl KeyOrder {
    pub(super) fn new(table: String, columns: Vec<usize>) -> Self {
        Self { table, columns, last: None }
    }

    /// The sort key, by position.
    pub(super) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The rows of the next batch whose key is that of the row before.
    ///
    /// # Errors
    /// [`Error::Bug`] when the rows are not in the order of the key.
    pub(super) fn repeated(&mut self, batch: &RecordBatch) -> Result<Vec<usize>> {
        let mut repeated = Vec::new();
        if batch.num_rows() == 0 || self.columns.is_empty() {
            return Ok(repeated);
        }
        let key: Vec<ArrayRef> =
            self.columns.iter().map(|&index| ArrayRef::clone(batch.column(index))).collect();
        if let Some(last) = &self.last {
            let comparators = comparators(last, &key).map_err(|error| self.bug(&error.to_string()))?;
            match compare(&comparators, 0, 0) {
                Ordering::Greater => return Err(self.unsorted()),
                Ordering::Equal => repeated.push(0),
                Ordering::Less => {}
            }
        }
        let comparators = comparators(&key, &key).map_err(|error| self.bug(&error.to_string()))?;
        for row in 1..batch.num_rows() {
            match compare(&comparators, row - 1, row) {
                Ordering::Greater => return Err(self.unsorted()),
                Ordering::Equal => repeated.push(row),
                Ordering::Less => {}
            }
        }
        self.last = Some(key.iter().map(|column| column.slice(batch.num_rows() - 1, 1)).collect());
        Ok(repeated)
    }

    fn unsorted(&self) -> Error {
        self.bug("the rows do not arrive in the order of the key")
    }

    fn bug(&self, what: &str) -> Error {
        Error::Bug(format!("writing {}: {what}", self.table))
    }
}

/// One comparator for each column of the key, between rows of two batches.
fn comparators(left: &[ArrayRef], right: &[ArrayRef]) -> Result<Vec<DynComparator>, ArrowError> {
    let options = SortOptions { descending: false, nulls_first: false };
    left.iter().zip(right).map(|(left, right)| make_comparator(left, right, options)).collect()
}

fn compare(comparators: &[DynComparator], left: usize, right: usize) -> Ordering {
    let different = comparators.iter().map(|compare| compare(left, right)).find(|order| order.is_ne());
    different.unwrap_or(Ordering::Equal)
}
