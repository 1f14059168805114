//! Results in order: all accounts of a share are swept, then their rows are put out by day or by account.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::interleave;
use arrow::datatypes::{Date32Type, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::Result;

use super::emit::{Emission, Source};
use super::order::ResultOrder;

/// Where the values of one row are, and what it is sorted by.
struct Row {
    day: i32,
    /// The place of its account among all.
    rank: u32,
    /// Its kept batch and its row there.
    kept: (u32, u32),
    /// The chunk of its account's results and its row there.
    result: (u32, u32),
}

/// Emits the rows of a share of the accounts in an order.
pub(super) struct OrderedEmission {
    schema: SchemaRef,
    /// For each output column, the arrays that its values are in, and whether they are results.
    columns: Vec<(bool, Vec<ArrayRef>)>,
    rows: Vec<Row>,
    emitted: usize,
    batch_size: usize,
    /// Holds the memory of the results.
    _emission: Emission,
}

impl OrderedEmission {
    /// Sweeps every account of the emission's share and puts the rows in order; `day` is the kept column of days.
    pub(super) fn new(
        mut emission: Emission,
        order: ResultOrder,
        day: usize,
        batch_size: usize,
    ) -> Result<Self> {
        let results = emission.sweep_all()?;
        let data = Arc::clone(&emission.data);
        let batches: Vec<(usize, &RecordBatch)> = data
            .partials
            .iter()
            .enumerate()
            .flat_map(|(at, partial)| partial.batches.iter().map(move |batch| (at, batch)))
            .collect();
        let mut rows = Vec::new();
        for (at, (partial, batch)) in batches.iter().enumerate() {
            let days = batch.column(day).as_primitive::<Date32Type>();
            for (row, slot) in super::emit::slots(batch).iter().enumerate() {
                let Some((account, result)) = emission.place(*partial, *slot) else { continue };
                let day = if days.is_valid(row) { days.value(row) } else { i32::MAX };
                let rank = data.ranks[account as usize];
                rows.push(Row { day, rank, kept: (at as u32, row as u32), result });
            }
        }
        emission.reservation.try_grow(rows.capacity() * size_of::<Row>())?;
        match order {
            ResultOrder::Days => rows.sort_unstable_by_key(|row| (row.day, row.rank, row.kept)),
            ResultOrder::Accounts => rows.sort_unstable_by_key(|row| (row.rank, row.day, row.kept)),
        }
        let column = |source: &Source| match source {
            Source::Kept(column) => {
                (false, batches.iter().map(|(_, batch)| Arc::clone(batch.column(*column))).collect())
            }
            Source::Result(output) => {
                (true, results.iter().map(|results| Arc::clone(&results[*output])).collect())
            }
        };
        let columns = emission.sources.iter().map(column).collect();
        let schema = Arc::clone(&emission.schema);
        Ok(Self { schema, columns, rows, emitted: 0, batch_size, _emission: emission })
    }

    fn emit(&self, rows: &[Row]) -> Result<RecordBatch> {
        let (kept, results) = (Places::new(rows, |row| row.kept), Places::new(rows, |row| row.result));
        let columns = self
            .columns
            .iter()
            .map(|(is_result, arrays)| if *is_result { results.of(arrays) } else { kept.of(arrays) });
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

/// Where the values of some rows are, by the arrays that they need and no others: there may be thousands.
struct Places {
    /// The numbers of the arrays, ascending.
    arrays: Vec<u32>,
    /// For each row, the place of its array among these, and its row there.
    rows: Vec<(usize, usize)>,
}

impl Places {
    fn new(rows: &[Row], of: fn(&Row) -> (u32, u32)) -> Self {
        let mut arrays: Vec<u32> = rows.iter().map(|row| of(row).0).collect();
        arrays.sort_unstable();
        arrays.dedup();
        let place = |array| arrays.partition_point(|known| *known < array);
        let rows = rows.iter().map(of).map(|(array, row)| (place(array), row as usize)).collect();
        Self { arrays, rows }
    }

    fn of(&self, arrays: &[ArrayRef]) -> Result<ArrayRef> {
        let arrays: Vec<&dyn Array> = self.arrays.iter().map(|at| arrays[*at as usize].as_ref()).collect();
        Ok(interleave(&arrays, &self.rows)?)
    }
}

impl Iterator for OrderedEmission {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let end = (self.emitted + self.batch_size).min(self.rows.len());
        let rows = &self.rows[std::mem::replace(&mut self.emitted, end)..end];
        (!rows.is_empty()).then(|| self.emit(rows))
    }
}
