//! What is kept for each account and day, so that any frame of days can be answered from it.

use std::ops::AddAssign;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type, UInt64Type};
use datafusion::common::{Result, exec_err};

use super::code::encode;
use super::interner::NULL;
use super::keyed::{Amount, KeyList};
use super::rows::{Rows, each};
use super::values::ValueList;

/// One argument of a function, with its `FILTER`, and what is kept of it for each slot or account.
pub(super) enum Measure {
    /// Rows with a value.
    Count(Counts),
    /// The sum of integers, in 64 bits until that overflows.
    Sum(Vec<i64>),
    /// The sum of decimals, and of integers that overflowed.
    WideSum(Vec<i128>),
    /// The least or the greatest value, as its code.
    Extreme { greatest: bool, codes: Vec<Option<i64>> },
    /// Whether any row has a value.
    Active(Vec<bool>),
    /// Days and the numbers of the keys seen on them.
    Keys(KeyList<()>),
    /// The same with amounts.
    Amounts(KeyList<i64>),
    /// The same with amounts of more than 18 digits.
    WideAmounts(KeyList<i128>),
    /// Every value, as its code or as the number of the key that it is.
    Values(ValueList),
}

impl Measure {
    /// Makes room for slots that this batch added.
    pub(super) fn grow(&mut self, slots: usize) {
        match self {
            Self::Count(Counts(Some(counts))) => counts.resize(slots, 0),
            Self::Count(Counts(None)) => {}
            Self::Sum(sums) => sums.resize(slots, 0),
            Self::WideSum(sums) => sums.resize(slots, 0),
            Self::Extreme { codes, .. } => codes.resize(slots, None),
            Self::Active(active) => active.resize(slots, false),
            Self::Keys(_) | Self::Amounts(_) | Self::WideAmounts(_) | Self::Values(_) => {}
        }
    }

    /// Takes in one batch: the values, the number of each row's key where keys count, and the rows that the filter
    /// lets through.
    pub(super) fn update(
        &mut self,
        rows: &Rows,
        values: Option<&ArrayRef>,
        keys: &[u32],
        filter: Option<&BooleanArray>,
    ) -> Result<()> {
        let valid = match self {
            Self::Amounts(list) if list.takes_all() => filter.map(passes),
            Self::WideAmounts(list) if list.takes_all() => filter.map(passes),
            _ => valid_rows(values, filter),
        };
        let valid = valid.as_ref();
        match (self, values) {
            (Self::Count(counts), _) => counts.update(rows, valid),
            (Self::Active(active), _) => each(rows.slots.len(), valid, |row| {
                active[rows.slots[row] as usize] = true;
                Ok(())
            })?,
            (Self::Keys(list), _) => list.extend(rows, keys, None, valid)?,
            (Self::Amounts(list), Some(values)) => {
                list.extend(rows, keys, Some(&i64::amounts(values)?), valid)?
            }
            (Self::WideAmounts(list), Some(values)) => {
                list.extend(rows, keys, Some(&i128::amounts(values)?), valid)?
            }
            (Self::Extreme { greatest, codes }, Some(values)) => {
                let values = encode(values)?;
                let better = if *greatest { i64::max } else { i64::min };
                each(rows.slots.len(), valid, |row| {
                    let code = &mut codes[rows.slots[row] as usize];
                    *code = Some(code.map_or(values[row], |known| better(known, values[row])));
                    Ok(())
                })?
            }
            (Self::Values(list), None) => {
                list.extend(rows, valid, |row| (keys[row] != NULL).then(|| i64::from(keys[row])))?
            }
            (Self::Values(list), Some(values)) => {
                let codes = encode(values)?;
                list.extend(rows, valid, |row| Some(codes[row]))?
            }
            (sum @ (Self::Sum(_) | Self::WideSum(_)), Some(values)) => sum.add(rows.slots, values, valid)?,
            (_, None) => {}
        }
        Ok(())
    }

    /// After the last batch.
    pub(super) fn finish(&mut self) -> Result<()> {
        match self {
            Self::Keys(list) => list.finish(),
            Self::Amounts(list) => list.finish(),
            Self::WideAmounts(list) => list.finish(),
            _ => Ok(()),
        }
    }

    fn add(&mut self, slots: &[u32], values: &ArrayRef, valid: Option<&BooleanBuffer>) -> Result<()> {
        match values.data_type() {
            DataType::Int64 => {
                let values = values.as_primitive::<Int64Type>().values();
                let mut done = 0;
                if let Self::Sum(sums) = self {
                    done = add_narrow(sums, slots, values, valid);
                    if done == slots.len() {
                        return Ok(());
                    }
                    *self = Self::WideSum(sums.iter().map(|sum| i128::from(*sum)).collect());
                }
                self.add_wide(slots, done, valid, |row| i128::from(values[row]))
            }
            DataType::UInt64 => {
                let values = values.as_primitive::<UInt64Type>().values();
                self.add_wide(slots, 0, valid, |row| i128::from(values[row]))
            }
            _ => {
                let values = values.as_primitive::<Decimal128Type>().values();
                self.add_wide(slots, 0, valid, |row| values[row])
            }
        }
    }

    fn add_wide(
        &mut self,
        slots: &[u32],
        from: usize,
        valid: Option<&BooleanBuffer>,
        value: impl Fn(usize) -> i128,
    ) -> Result<()> {
        let Self::WideSum(sums) = self else { return Ok(()) };
        each(slots.len(), valid, |row| {
            if row >= from {
                let sum = &mut sums[slots[row] as usize];
                let Some(next) = sum.checked_add(value(row)) else {
                    return exec_err!("the sum of one day overflows 128 bits");
                };
                *sum = next;
            }
            Ok(())
        })
    }

    /// How many keys and days are listed for an account.
    pub(super) fn entries(&self, account: u32) -> usize {
        match self {
            Self::Keys(list) => list.of(account).len(),
            Self::Amounts(list) => list.of(account).len(),
            Self::WideAmounts(list) => list.of(account).len(),
            Self::Values(list) => list.of(account).len(),
            _ => 0,
        }
    }

    /// Bytes held.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Count(Counts(counts)) => counts.as_ref().map_or(0, |counts| counts.capacity() * 8),
            Self::Sum(sums) => sums.capacity() * 8,
            Self::WideSum(sums) => sums.capacity() * 16,
            Self::Extreme { codes, .. } => codes.capacity() * size_of::<Option<i64>>(),
            Self::Active(active) => active.capacity(),
            Self::Keys(list) => list.size(),
            Self::Amounts(list) => list.size(),
            Self::WideAmounts(list) => list.size(),
            Self::Values(list) => list.size(),
        }
    }
}

/// Adds until a sum overflows; returns how many rows are done.
fn add_narrow(sums: &mut [i64], slots: &[u32], values: &[i64], valid: Option<&BooleanBuffer>) -> usize {
    match valid {
        None => {
            for (row, (slot, value)) in slots.iter().zip(values).enumerate() {
                let sum = &mut sums[*slot as usize];
                let Some(next) = sum.checked_add(*value) else { return row };
                *sum = next;
            }
        }
        Some(valid) => {
            for row in valid.set_indices() {
                let sum = &mut sums[slots[row] as usize];
                let Some(next) = sum.checked_add(values[row]) else { return row };
                *sum = next;
            }
        }
    }
    slots.len()
}

/// How many rows of each slot have a value; `None` as long as all of them do.
#[derive(Default)]
pub(super) struct Counts(pub(super) Option<Vec<i64>>);

impl Counts {
    fn update(&mut self, rows: &Rows, valid: Option<&BooleanBuffer>) {
        if valid.is_none() && self.0.is_none() {
            return;
        }
        let counts = self.0.get_or_insert_with(|| rows.counted.to_vec());
        match valid {
            None => rows.slots.iter().for_each(|slot| counts[*slot as usize].add_assign(1)),
            Some(valid) => valid.set_indices().for_each(|row| counts[rows.slots[row] as usize].add_assign(1)),
        }
    }
}

/// Rows with a value that the filter lets through; `None` when that is all of them.
fn valid_rows(values: Option<&ArrayRef>, filter: Option<&BooleanArray>) -> Option<BooleanBuffer> {
    let values = values.and_then(|values| values.logical_nulls()).filter(|nulls| nulls.null_count() > 0);
    let values = values.as_ref().map(NullBuffer::inner);
    match (values, filter) {
        (None, None) => None,
        (Some(values), None) => Some(values.clone()),
        (None, Some(filter)) => Some(passes(filter)),
        (Some(values), Some(filter)) => Some(values & &passes(filter)),
    }
}

/// The rows for which a predicate is true, neither false nor NULL.
pub(super) fn passes(predicate: &BooleanArray) -> BooleanBuffer {
    match predicate.nulls() {
        None => predicate.values().clone(),
        Some(nulls) => predicate.values() & nulls.inner(),
    }
}
