//! For each account, the days on which each key (a user, a feature) was seen, and the amounts of these days.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use datafusion::common::{Result, exec_err};

use super::code::narrow_decimal;
use super::interner::NULL;
use super::rows::{Rows, each};

/// What is summed for a key on a day: nothing, or an amount.
pub(super) trait Amount: Copy + Default + Send + Sync {
    /// The sum of two amounts, where it fits.
    fn plus(self, other: Self) -> Option<Self>;
    /// The amounts of an array; where there is none, nothing.
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
            DataType::Int64 => {
                let values = values.as_primitive::<Int64Type>();
                Ok(match values.null_count() {
                    0 => values.values().to_vec(),
                    _ => values.iter().map(Option::unwrap_or_default).collect(),
                })
            }
            _ => values.as_primitive::<Decimal128Type>().iter().map(narrow_decimal).collect(),
        }
    }
}

impl Amount for i128 {
    fn plus(self, other: Self) -> Option<Self> {
        self.checked_add(other)
    }

    fn amounts(values: &ArrayRef) -> Result<Vec<Self>> {
        Ok(values.as_primitive::<Decimal128Type>().iter().map(Option::unwrap_or_default).collect())
    }
}

/// One key on one day of one account.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyDay<A> {
    pub(super) day: i32,
    pub(super) key: u32,
    pub(super) amount: A,
}

/// For each account its [`KeyDay`]s, in no order that counts. Rows of a key on one day of one account are one entry
/// where they follow each other, so that input in order of time or of accounts is kept compactly; the first
/// [`FEW`] keys, if they have no amounts, have one entry a day whatever the order.
#[derive(Default)]
pub(super) struct KeyList<A> {
    accounts: Vec<Vec<KeyDay<A>>>,
    /// For each key, the account and the entry of its latest row: a following row may belong to it as well.
    open: Vec<(u32, KeyDay<A>)>,
    /// For each slot, which of the first keys have been seen.
    seen: Vec<u64>,
    /// Whether rows without an amount are taken in as well, with nothing.
    all: bool,
    bytes: usize,
}

/// Keys that have a bit in each slot.
const FEW: u32 = u64::BITS;

/// No account.
const NONE: u32 = u32::MAX;

impl<A: Amount> KeyList<A> {
    /// An empty list; of rows without an amount too, if `all`.
    pub(super) fn new(all: bool) -> Self {
        Self { all, ..Self::default() }
    }

    /// Whether rows without an amount are taken in as well.
    pub(super) fn takes_all(&self) -> bool {
        self.all
    }

    /// Takes in the rows of one batch that count and have a key.
    pub(super) fn extend(
        &mut self,
        rows: &Rows,
        keys: &[u32],
        amounts: Option<&[A]>,
        valid: Option<&BooleanBuffer>,
    ) -> Result<()> {
        if amounts.is_none() {
            self.seen.resize(rows.counted.len(), 0);
        }
        each(keys.len(), valid, |row| {
            let key = keys[row];
            if key == NULL {
                return Ok(());
            }
            let mut entry = KeyDay { day: rows.days[row], key, amount: A::default() };
            match amounts {
                Some(amounts) => entry.amount = amounts[row],
                None if key < FEW => {
                    let seen = &mut self.seen[rows.slots[row] as usize];
                    let bit = 1 << key;
                    if *seen & bit != 0 {
                        return Ok(());
                    }
                    *seen |= bit;
                    return self.push(rows.accounts[row], entry);
                }
                None => {}
            }
            self.open(rows.accounts[row], entry)
        })
    }

    /// Adds a row to the open entry of its key, or closes that and opens another.
    #[inline]
    fn open(&mut self, account: u32, entry: KeyDay<A>) -> Result<()> {
        if entry.key as usize >= self.open.len() {
            self.open.resize(entry.key as usize + 1, (NONE, entry));
        }
        let (of, open) = &mut self.open[entry.key as usize];
        if *of == account
            && open.day == entry.day
            && let Some(sum) = open.amount.plus(entry.amount)
        {
            open.amount = sum;
            return Ok(());
        }
        let (of, closed) = (std::mem::replace(of, account), std::mem::replace(open, entry));
        if of == NONE { Ok(()) } else { self.push(of, closed) }
    }

    /// Closes every entry, after the last batch.
    pub(super) fn finish(&mut self) -> Result<()> {
        for (account, entry) in std::mem::take(&mut self.open) {
            if account != NONE {
                self.push(account, entry)?;
            }
        }
        self.seen = Vec::new();
        Ok(())
    }

    fn push(&mut self, account: u32, entry: KeyDay<A>) -> Result<()> {
        if account as usize >= self.accounts.len() {
            self.accounts.resize_with(account as usize + 1, Vec::new);
        }
        let list = &mut self.accounts[account as usize];
        if list.len() == u32::MAX as usize {
            return exec_err!("one account has more than 4 billion days of keys");
        }
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
        let open = self.open.capacity() * size_of::<(u32, KeyDay<A>)>();
        self.bytes + lists + open + self.seen.capacity() * size_of::<u64>()
    }
}
