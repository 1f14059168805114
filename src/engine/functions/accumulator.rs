//! The totals of keys within one group or frame, for plain aggregates and DataFusion's own windows.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::mem::size_of;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array};
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, Decimal128Type, Int64Type};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::Accumulator;

use super::moments::Moments;
use super::statistic::Statistic;

/// The type of a key's total in partial states: any 128-bit integer, whatever the scale of the amounts.
pub(super) const TOTAL: DataType = DataType::Decimal128(DECIMAL128_MAX_PRECISION, 0);

/// Sums amounts for each key; knows how to take rows back, and how to merge with another.
#[derive(Debug)]
pub(super) struct ShareAccumulator {
    statistic: Statistic,
    key: DataType,
    totals: HashMap<ScalarValue, Total>,
    moments: Moments,
}

/// What is known of one key.
#[derive(Debug, Default)]
struct Total {
    sum: i128,
    /// Rows with an amount that have come and not gone.
    rows: i64,
}

impl ShareAccumulator {
    pub(super) fn new(statistic: Statistic, key: DataType) -> Self {
        Self { statistic, key, totals: HashMap::new(), moments: Moments::default() }
    }

    /// Adds each row's amount to its key's total; rows without a key or an amount do not count. `rows` is 1 for rows that
    /// come and -1 for those that go, whose amounts are negated.
    fn add(&mut self, keys: &ArrayRef, amounts: &[Option<i128>], rows: i64) -> Result<()> {
        for (row, amount) in amounts.iter().enumerate() {
            let key = ScalarValue::try_from_array(keys, row)?;
            let Some(amount) = amount.filter(|_| !key.is_null()) else { continue };
            let mut entry = match self.totals.entry(key) {
                Entry::Occupied(known) => known,
                Entry::Vacant(new) => new.insert_entry(Total::default()),
            };
            let total = entry.get_mut();
            let Some(after) = total.sum.checked_add(amount) else {
                return exec_err!("the amounts of one key overflow 128 bits");
            };
            self.moments.change(total.sum, after)?;
            *total = Total { sum: after, rows: total.rows + rows };
            // Frames that slide do not pile up keys.
            if total.rows == 0 {
                entry.remove();
            }
        }
        Ok(())
    }
}

/// Amounts as they were coerced at planning, 64-bit integers or decimals, in 128 bits.
fn amounts(array: &ArrayRef) -> Vec<Option<i128>> {
    match array.as_primitive_opt::<Decimal128Type>() {
        Some(decimals) => decimals.iter().collect(),
        None => array.as_primitive::<Int64Type>().iter().map(|amount| amount.map(i128::from)).collect(),
    }
}

impl Accumulator for ShareAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(&values[0], &amounts(&values[1]), 1)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let negated: Vec<_> = amounts(&values[1]).into_iter().map(|amount| amount.map(|a| -a)).collect();
        self.add(&values[0], &negated, -1)
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (keys, totals) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        for (keys, totals) in keys.iter().zip(totals.iter()) {
            if let (Some(keys), Some(totals)) = (keys, totals) {
                self.add(&keys, &amounts(&totals), 1)?;
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let keys = match self.totals.is_empty() {
            true => arrow::array::new_empty_array(&self.key),
            false => ScalarValue::iter_to_array(self.totals.keys().cloned())?,
        };
        let totals = Decimal128Array::from_iter_values(self.totals.values().map(|total| total.sum))
            .with_data_type(TOTAL);
        let list =
            |array| ScalarValue::List(Arc::new(SingleRowListArrayBuilder::new(array).build_list_array()));
        Ok(vec![list(keys), list(Arc::new(totals))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let totals = self.totals.values().map(|total| total.sum);
        let mut totals: Vec<i128> = totals.filter(|total| self.statistic.counts(*total)).collect();
        if self.statistic.needs_ranking() {
            totals.sort_unstable();
        }
        Ok(ScalarValue::Float64(self.statistic.of(&self.moments, totals.into_iter())))
    }

    fn size(&self) -> usize {
        let keys: usize = self.totals.keys().map(|key| key.size() + size_of::<Total>()).sum();
        size_of::<Self>() + keys
    }
}
