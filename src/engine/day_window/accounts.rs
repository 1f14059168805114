//! The groups of a window (accounts, mostly): one number for each combination of partition keys.

use std::collections::HashMap;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::DataType;
use datafusion::common::Result;

use super::interner::{Interner, NULL};

/// No account yet.
const NONE: u32 = u32::MAX;

/// Numbers the combinations of partition keys from 0. NULL is a key like any other; without keys all rows are one.
pub(super) struct Accounts {
    columns: Vec<Interner>,
    /// By the first key's number plus one (NULL is 0): the account, or the prefix where more keys follow.
    first: Vec<u32>,
    /// For each further key, from the prefix so far and this key's number to the next prefix.
    joined: Vec<HashMap<(u32, u32), u32>>,
    /// The keys' numbers of each account, one account after another.
    tuples: Vec<u32>,
    /// How many accounts there are, and how many prefixes of each length before.
    counts: Vec<u32>,
}

impl Accounts {
    /// No accounts, for partition keys of these types.
    pub(super) fn new(keys: &[DataType]) -> Result<Self> {
        Ok(Self {
            columns: keys.iter().map(Interner::new).collect::<Result<_>>()?,
            first: Vec::new(),
            joined: vec![HashMap::new(); keys.len().saturating_sub(1)],
            tuples: Vec::new(),
            counts: vec![0; keys.len()],
        })
    }

    /// How many accounts have been seen.
    pub(super) fn len(&self) -> usize {
        self.counts.last().map_or(1, |count| *count as usize)
    }

    /// The account of each of `rows` rows.
    pub(super) fn number(&mut self, keys: &[ArrayRef], rows: usize, accounts: &mut Vec<u32>) -> Result<()> {
        accounts.clear();
        accounts.resize(rows, 0);
        let mut numbers = vec![Vec::new(); keys.len()];
        for ((column, key), numbers) in self.columns.iter_mut().zip(keys).zip(&mut numbers) {
            column.intern(key, numbers)?;
        }
        for level in 0..keys.len() {
            for (row, account) in accounts.iter_mut().enumerate() {
                let number = numbers[level][row];
                let next = match level {
                    0 => first_entry(&mut self.first, number),
                    _ => self.joined[level - 1].entry((*account, number)).or_insert(NONE),
                };
                if *next == NONE {
                    *next = self.counts[level];
                    self.counts[level] += 1;
                    if level + 1 == keys.len() {
                        self.tuples.extend(numbers.iter().map(|numbers| numbers[row]));
                    }
                }
                *account = *next;
            }
        }
        Ok(())
    }

    /// Bytes held.
    pub(super) fn size(&self) -> usize {
        let joined: usize = self.joined.iter().map(|map| map.capacity() * 3 * size_of::<u32>()).sum();
        let columns: usize = self.columns.iter().map(Interner::size).sum();
        (self.first.capacity() + self.tuples.capacity()) * size_of::<u32>() + joined + columns
    }

    /// The partition keys of every account, one array for each key.
    pub(super) fn into_keys(self) -> Result<Vec<ArrayRef>> {
        let width = self.columns.len();
        let mut keys = Vec::with_capacity(width);
        for (at, column) in self.columns.into_iter().enumerate() {
            let numbers = self.tuples.iter().skip(at).step_by(width);
            let numbers: UInt32Array = numbers.map(|number| (*number != NULL).then_some(*number)).collect();
            keys.push(take(&column.into_values()?, &numbers, None)?);
        }
        Ok(keys)
    }
}

fn first_entry(first: &mut Vec<u32>, number: u32) -> &mut u32 {
    let at = number.wrapping_add(1) as usize;
    if at >= first.len() {
        first.resize(at + 1, NONE);
    }
    &mut first[at]
}
