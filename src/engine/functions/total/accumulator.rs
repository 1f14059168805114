//! The total of one group or frame.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use super::figure::{Amounts, Figure};

/// Adds rows up, and takes them back.
#[derive(Debug)]
pub(super) struct TotalAccumulator {
    figure: Figure,
    sum: i128,
    rows: i64,
}

impl TotalAccumulator {
    pub(super) fn new(figure: Figure) -> Self {
        Self { figure, sum: 0, rows: 0 }
    }

    /// The sum of the values of an array.
    fn sum(&self, values: &ArrayRef) -> Result<i128> {
        let nulls = values.nulls().filter(|nulls| nulls.null_count() > 0);
        let mut total = Some(0i128);
        Amounts::of(values)?.each(nulls.map(NullBuffer::inner), |_, amount| {
            total = total.and_then(|total| total.checked_add(amount));
            Ok(())
        })?;
        total.ok_or_else(|| self.figure.beyond())
    }

    fn add(&mut self, sum: Option<i128>, rows: i64) -> Result<()> {
        let sum = sum.and_then(|sum| self.sum.checked_add(sum));
        self.sum = sum.ok_or_else(|| self.figure.beyond())?;
        self.rows += rows;
        Ok(())
    }
}

/// How many values an array has.
fn count(values: &ArrayRef) -> i64 {
    (values.len() - values.null_count()) as i64
}

impl Accumulator for TotalAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let sum = self.sum(&values[0])?;
        self.add(Some(sum), count(&values[0]))
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let sum = self.sum(&values[0])?;
        self.add(sum.checked_neg(), -count(&values[0]))
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let sum = self.sum(&states[0])?;
        let rows = states[1].as_primitive::<Int64Type>().values().iter().sum();
        self.add(Some(sum), rows)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let sum = ScalarValue::Decimal128(Some(self.sum), DECIMAL128_MAX_PRECISION, 0);
        Ok(vec![sum, ScalarValue::Int64(Some(self.rows))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.figure.scalar(self.sum, self.rows)
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}
