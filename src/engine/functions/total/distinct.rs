//! The total of the different values of one group or frame.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array};
use arrow::buffer::NullBuffer;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use super::super::accumulator::TOTAL;
use super::figure::{Amounts, Figure};

/// Each value, and how many rows have it.
#[derive(Debug)]
pub(super) struct DistinctAccumulator {
    figure: Figure,
    rows: HashMap<i128, i64>,
}

impl DistinctAccumulator {
    pub(super) fn new(figure: Figure) -> Self {
        Self { figure, rows: HashMap::new() }
    }

    /// `rows` is 1 for rows that come, and -1 for those that go.
    fn add(&mut self, values: &ArrayRef, rows: i64) -> Result<()> {
        let nulls = values.nulls().filter(|nulls| nulls.null_count() > 0);
        Amounts::of(values)?.each(nulls.map(NullBuffer::inner), |_, amount| {
            let count = self.rows.entry(amount).or_default();
            *count += rows;
            if *count == 0 {
                self.rows.remove(&amount);
            }
            Ok(())
        })
    }
}

impl Accumulator for DistinctAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(&values[0], 1)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(&values[0], -1)
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        states[0].as_list::<i32>().iter().flatten().try_for_each(|values| self.add(&values, 1))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = Decimal128Array::from_iter_values(self.rows.keys().copied()).with_data_type(TOTAL);
        let list = SingleRowListArrayBuilder::new(Arc::new(values)).build_list_array();
        Ok(vec![ScalarValue::List(Arc::new(list))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let sum = self.rows.keys().try_fold(0i128, |sum, value| sum.checked_add(*value));
        self.figure.scalar(sum.ok_or_else(|| self.figure.beyond())?, self.rows.len() as i64)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.rows.capacity() * size_of::<(i128, i64)>()
    }
}
