//! For each account, the days on which each key (a user, a feature) was seen, and the amounts of these days.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use datafusion::common::{Result, exec_err};

use super::code::narrow_decimal;
use super::interner::NULL;
use super::measure::{Rows, each};

/// What is summed for a key on a day: nothing, or an amount.
pub(super) trait Amount: Copy + Default + Send + Sync {
    /// The sum of two amounts, where it fits.
    fn plus(self, other: Self) -> Option<Self>;
    /// The amounts of an array; where there is none, anything.
    fn amounts(values: &ArrayRef) -> Result<Vec<Self>>;
}

impl Amount for () {
    fn plus(self, _other: Self) -> Option<Self> {
        Some(())
    }

    fn amounts(values: &ArrayRef) -> Result<Vec<Self>> {
        Ok(vec![(); values.len()])
    }
}

impl Amount for i64 {
    fn plus(self, other: Self) -> Option<Self> {
        self.checked_add(other)
    }

    fn amounts(values: &ArrayRef) -> Result<Vec<Self>> {
        match values.data_type() {
            DataType::Int64 => Ok(values.as_primitive::<Int64Type>().values().to_vec()),
            _ => values.as_primitive::<Decimal128Type>().iter().map(narrow_decimal).collect(),
        }
    }
}

impl Amount for i128 {
    fn plus(self, other: Self) -> Option<Self> {
        self.checked_add(other)
    }

    fn amounts(values: &ArrayRef) -> Result<Vec<Self>> {
        Ok(values.as_primitive::<Decimal128Type>().values().to_vec())
    }
}

/// One key on one day of one account.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyDay<A> {
    pub(super) day: i32,
    pub(super) key: u32,
    pub(super) amount: A,
}

/// For each account its [`KeyDay`]s, in the order of arrival. Rows of a key that follow each other on one day of one
/// account are one entry, so that input in order of time or of accounts is kept compactly.
#[derive(Default)]
pub(super) struct KeyList<A> {
    accounts: Vec<Vec<KeyDay<A>>>,
    /// For each key, where its latest entry stands.
    latest: Vec<(u32, u32)>,
    bytes: usize,
}

impl<A: Amount> KeyList<A> {
    /// Takes in the rows of one batch that count and have a key.
    pub(super) fn extend(
        &mut self,
        rows: &Rows,
        keys: &[u32],
        amounts: Option<&[A]>,
        valid: Option<&BooleanBuffer>,
    ) -> Result<()> {
        each(keys.len(), valid, |row| {
            if keys[row] != NULL {
                let amount = amounts.map_or_else(A::default, |amounts| amounts[row]);
                self.push(rows.accounts[row], KeyDay { day: rows.days[row], key: keys[row], amount })?;
            }
            Ok(())
        })
    }

    #[inline]
    fn push(&mut self, account: u32, entry: KeyDay<A>) -> Result<()> {
        if entry.key as usize >= self.latest.len() {
            self.latest.resize(entry.key as usize + 1, (u32::MAX, 0));
        }
        let latest = &mut self.latest[entry.key as usize];
        if latest.0 == account {
            let known = &mut self.accounts[account as usize][latest.1 as usize];
            if known.day == entry.day
                && let Some(sum) = known.amount.plus(entry.amount)
            {
                known.amount = sum;
                return Ok(());
            }
        }
        if account as usize >= self.accounts.len() {
            self.accounts.resize_with(account as usize + 1, Vec::new);
        }
        let list = &mut self.accounts[account as usize];
        if list.len() == u32::MAX as usize {
            return exec_err!("one account has more than 4 billion days of keys");
        }
        *latest = (account, list.len() as u32);
        if list.len() == list.capacity() {
            let more = list.len().max(8);
            list.reserve_exact(more);
            self.bytes += more * size_of::<KeyDay<A>>();
        }
        list.push(entry);
        Ok(())
    }

    /// The entries of an account.
    pub(super) fn of(&self, account: u32) -> &[KeyDay<A>] {
        self.accounts.get(account as usize).map_or(&[], Vec::as_slice)
    }

    /// Bytes held.
    pub(super) fn size(&self) -> usize {
        let lists = self.accounts.capacity() * size_of::<Vec<KeyDay<A>>>();
        self.bytes + lists + self.latest.capacity() * size_of::<(u32, u32)>()
    }
}
