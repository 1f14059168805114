//! Sums of hashes of rows by day: of facts those of each day, of spans those that hold on it.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Date32Type;
use datafusion::common::exec_datafusion_err;
use datafusion::error::Result;

use super::row::RowHash;
use crate::project::time::Time;

/// How many rows there are, and the sum of their hashes, which knows no order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) rows: i64,
    pub(super) hash: u128,
}

impl Sum {
    pub(super) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.hash = self.hash.wrapping_add(other.hash);
    }

    fn negative(self) -> Self {
        Self { rows: -self.rows, hash: self.hash.wrapping_neg() }
    }
}

/// What rows add on their days: a fact on the one that it is of, a span on its first, and it is taken away again on the day
/// after its last.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) by_day: BTreeMap<i32, Sum>,
    /// The newest day on which a row begins to count.
    pub(super) newest: Option<i32>,
}

impl Sums {
    /// Adds the rows of a batch of a dated relation.
    ///
    /// # Errors
    /// Where it is none.
    pub(super) fn add(&mut self, batch: &RecordBatch, hash: &RowHash, dated: Dated) -> Result<()> {
        let days = |name: &str| {
            let column =
                batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Date32Type>());
            column.ok_or_else(|| exec_datafusion_err!("the rows have no `{name}`"))
        };
        let (first, after) = match dated {
            Dated::Facts => (days("day")?, None),
            Dated::Spans => (days("first_day")?, Some(days("day_after")?)),
        };
        for (row, hash) in hash.hashes(batch)?.into_iter().enumerate() {
            let after = after.filter(|after| after.is_valid(row)).map(|after| after.value(row));
            // What is of no day counts on none, nor does what ends before it begins.
            if first.is_null(row) || after.is_some_and(|after| after <= first.value(row)) {
                continue;
            }
            let (first, one) = (first.value(row), Sum { rows: 1, hash });
            self.by_day.entry(first).or_default().add(one);
            self.newest = self.newest.max(Some(first));
            if let Some(after) = after {
                self.by_day.entry(after).or_default().add(one.negative());
            }
        }
        Ok(())
    }

    /// Adds the sums of other rows.
    pub(super) fn merge(&mut self, other: Self) {
        for (day, sum) in other.by_day {
            self.by_day.entry(day).or_default().add(sum);
        }
        self.newest = self.newest.max(other.newest);
    }
}

/// How rows are dated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dated {
    /// Each is of one day.
    Facts,
    /// Each holds for days on end.
    Spans,
}

impl Dated {
    /// The columns that say when a row counts and are no part of what it says.
    pub(super) fn days(self) -> &'static [&'static str] {
        match self {
            Self::Facts => &["day"],
            // From when on it holds is a part of it: a state may be asked since when it is so.
            Self::Spans => &["day_after"],
        }
    }

    /// How those of a source are.
    pub(super) fn of(time: &Time) -> Self {
        if time.added().contains(&"day_after") { Self::Spans } else { Self::Facts }
    }
}
