//! The totals of many groups at a time.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::Int64Type;
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

use super::super::accumulator::TOTAL;
use super::figure::{Amounts, Figure};

/// A sum and a number of rows for each group.
#[derive(Debug)]
pub(super) struct TotalGroups {
    figure: Figure,
    sums: Vec<i128>,
    rows: Vec<i64>,
}

impl TotalGroups {
    pub(super) fn new(figure: Figure) -> Self {
        Self { figure, sums: Vec::new(), rows: Vec::new() }
    }
}

/// The sums and rows of groups as partial states.
fn states(sums: Vec<i128>, rows: Vec<i64>) -> Vec<ArrayRef> {
    let sums = Decimal128Array::from(sums).with_data_type(TOTAL);
    vec![Arc::new(sums), Arc::new(Int64Array::from(rows))]
}

/// Rows with a value that the filter lets through; `None` where that is all of them.
fn valid_rows(values: &ArrayRef, filter: Option<&BooleanArray>) -> Option<BooleanBuffer> {
    let nulls = values.nulls().filter(|nulls| nulls.null_count() > 0).map(NullBuffer::inner);
    let passes = filter.map(|filter| match filter.nulls() {
        Some(nulls) => filter.values() & nulls.inner(),
        None => filter.values().clone(),
    });
    match (nulls, passes) {
        (Some(nulls), Some(passes)) => Some(nulls & &passes),
        (Some(nulls), None) => Some(nulls.clone()),
        (None, passes) => passes,
    }
}

impl GroupsAccumulator for TotalGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.sums.resize(total_groups, 0);
        self.rows.resize(total_groups, 0);
        let valid = valid_rows(&values[0], filter);
        let (sums, rows, figure) = (&mut self.sums, &mut self.rows, &self.figure);
        Amounts::of(&values[0])?.each(valid.as_ref(), |row, amount| {
            let group = groups[row];
            sums[group] = sums[group].checked_add(amount).ok_or_else(|| figure.beyond())?;
            rows[group] += 1;
            Ok(())
        })
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total_groups: usize) -> Result<()> {
        self.sums.resize(total_groups, 0);
        self.rows.resize(total_groups, 0);
        let counts = states[1].as_primitive::<Int64Type>().values();
        let (sums, rows, figure) = (&mut self.sums, &mut self.rows, &self.figure);
        Amounts::of(&states[0])?.each(None, |row, amount| {
            let group = groups[row];
            sums[group] = sums[group].checked_add(amount).ok_or_else(|| figure.beyond())?;
            rows[group] += counts[row];
            Ok(())
        })
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (sums, rows) = (emit_to.take_needed(&mut self.sums), emit_to.take_needed(&mut self.rows));
        self.figure.array(&sums, &rows)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(states(emit_to.take_needed(&mut self.sums), emit_to.take_needed(&mut self.rows)))
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let mut sums = vec![0; values[0].len()];
        let mut rows = vec![0; values[0].len()];
        Amounts::of(&values[0])?.each(valid_rows(&values[0], filter).as_ref(), |row, amount| {
            (sums[row], rows[row]) = (amount, 1);
            Ok(())
        })?;
        Ok(states(sums, rows))
    }

    fn size(&self) -> usize {
        self.sums.capacity() * size_of::<i128>() + self.rows.capacity() * size_of::<i64>()
    }
}
