//! What the input partitions kept, brought together: accounts and keys get common numbers, nothing is copied.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::{SortOptions, sort_to_indices, take};
use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use datafusion::common::Result;

use super::accounts::Accounts;
use super::code::encode;
use super::ingest::Ingest;
use super::interner::Interner;
use super::measure::Measure;
use super::order::ranks;
use super::slots::Slots;
use super::spec::{Shift, Values, WindowSpec};

/// What one input partition kept.
pub(super) struct Partial {
    pub(super) slots: Slots,
    pub(super) measures: Vec<Measure>,
    pub(super) counted: Vec<i64>,
    pub(super) emitted: Vec<u32>,
    pub(super) batches: Vec<RecordBatch>,
    /// From its account numbers to the common ones.
    pub(super) accounts: Vec<u32>,
    /// For each key, from its numbers to the common ones; `None` where they are the same.
    pub(super) keys: Vec<Option<Vec<u32>>>,
    /// For each slot, its row among the results of its account's chunk: one table for all output partitions, since
    /// each account belongs to one of them, which writes it before it reads it.
    result_rows: Vec<AtomicU32>,
}

impl Partial {
    /// The row of a slot among the results of its account's chunk, once the account is swept.
    pub(super) fn result_row(&self, slot: u32) -> u32 {
        self.result_rows[slot as usize].load(Ordering::Relaxed)
    }

    /// Says where the results of a slot are.
    pub(super) fn set_result_row(&self, slot: u32, row: u32) {
        self.result_rows[slot as usize].store(row, Ordering::Relaxed);
    }

    /// Bytes that were not there before the partitions were brought together.
    fn size(&self) -> usize {
        let maps: usize = self.keys.iter().flatten().map(Vec::capacity).sum();
        (self.result_rows.capacity() + self.accounts.capacity() + maps) * size_of::<u32>()
    }

    /// From this partition's numbers of a key to the common ones; `None` where they are the same.
    pub(super) fn key_map(&self, key: Option<usize>) -> Option<&[u32]> {
        self.keys[key?].as_deref()
    }
}

/// The values of a key in ascending order, and the place of each number in it.
pub(super) struct KeyOrder {
    pub(super) sorted: ArrayRef,
    pub(super) place: Vec<u32>,
}

/// What all input partitions kept.
pub(super) struct Gathered {
    pub(super) spec: Arc<WindowSpec>,
    /// The scale of the decimals that each output sums.
    pub(super) scales: Vec<i8>,
    pub(super) partials: Vec<Partial>,
    /// The number of distinct values of each key.
    pub(super) key_counts: Vec<usize>,
    /// The order of the values of those keys that are picked from.
    pub(super) orders: Vec<Option<KeyOrder>>,
    /// For each account, the partitions that have it, with its number there.
    pub(super) accounts: Vec<Vec<(u32, u32)>>,
    /// The place of each account in the order of the partition keys.
    pub(super) ranks: Vec<u32>,
}

impl Gathered {
    /// Brings together what was kept of rows with this schema.
    pub(super) fn new(spec: &Arc<WindowSpec>, input: &Schema, mut ingests: Vec<Ingest>) -> Result<Self> {
        let (key_maps, key_counts, orders) = common_keys(spec, input, &mut ingests)?;
        let (account_maps, account_keys) = common_accounts(spec, input, &mut ingests)?;
        let count = account_maps.iter().flatten().max().map_or(0, |account| *account as usize + 1);
        let mut accounts = vec![Vec::new(); count];
        let mut partials = Vec::with_capacity(ingests.len());
        for (at, ((ingest, map), keys)) in ingests.into_iter().zip(account_maps).zip(key_maps).enumerate() {
            for (local, common) in map.iter().enumerate() {
                accounts[*common as usize].push((at as u32, local as u32));
            }
            partials.push(Partial {
                result_rows: (0..ingest.slots.len()).map(|_| AtomicU32::new(0)).collect(),
                slots: ingest.slots,
                measures: ingest.measures,
                counted: ingest.counted,
                emitted: ingest.emitted,
                batches: ingest.batches,
                accounts: map,
                keys,
            });
        }
        let scales = spec.scales(input)?;
        let ranks = ranks(&account_keys, count)?;
        Ok(Self { spec: Arc::clone(spec), scales, partials, key_counts, orders, accounts, ranks })
    }

    /// Bytes held beside what the input partitions kept: where accounts and results are.
    pub(super) fn size(&self) -> usize {
        let lists: usize = self.accounts.iter().map(|parts| parts.capacity() * size_of::<(u32, u32)>()).sum();
        let partials: usize = self.partials.iter().map(Partial::size).sum();
        self.accounts.capacity() * size_of::<Vec<(u32, u32)>>() + lists + partials
    }

    /// Divides the accounts into so many shares of about the same work, the same ones every time.
    pub(super) fn shares(&self, count: usize) -> Vec<Vec<u32>> {
        let mut accounts: Vec<(usize, u32)> =
            (0..self.accounts.len() as u32).map(|account| (self.work(account), account)).collect();
        accounts.sort_unstable_by_key(|(work, account)| (Reverse(*work), *account));
        let mut shares = vec![Vec::new(); count];
        let mut least: BinaryHeap<Reverse<(usize, usize)>> =
            (0..count).map(|share| Reverse((0, share))).collect();
        for (work, account) in accounts {
            if let Some(Reverse((done, share))) = least.pop() {
                shares[share].push(account);
                least.push(Reverse((done + work, share)));
            }
        }
        shares.iter_mut().for_each(|share| share.sort_unstable());
        shares
    }

    /// The code of what `lag` or `lead` gives where there is no row: after all others where values are keys.
    pub(super) fn default_code(&self, shift: Shift, values: Values) -> Result<Option<i64>> {
        let Some(default) = shift.default else { return Ok(None) };
        Ok(match values.key() {
            Some(key) => self.orders[key].as_ref().map(|order| order.sorted.len() as i64),
            None => encode(&self.spec.defaults[default].to_array()?)?.first().copied(),
        })
    }

    /// About how many days an account has: those of different partitions may be the same.
    pub(super) fn days(&self, account: u32) -> usize {
        let parts = self.accounts[account as usize].iter();
        parts.map(|(partial, local)| self.partials[*partial as usize].slots.of(*local).count()).sum()
    }

    /// About how much there is to do for an account.
    fn work(&self, account: u32) -> usize {
        let parts = self.accounts[account as usize].iter();
        let sizes = parts.map(|(partial, local)| {
            let partial = &self.partials[*partial as usize];
            let entries: usize = partial.measures.iter().map(|measure| measure.entries(*local)).sum();
            entries + partial.slots.of(*local).count() * self.spec.outputs.len()
        });
        sizes.sum()
    }
}

type CommonKeys = (Vec<Vec<Option<Vec<u32>>>>, Vec<usize>, Vec<Option<KeyOrder>>);

fn common_keys(spec: &WindowSpec, input: &Schema, ingests: &mut [Ingest]) -> Result<CommonKeys> {
    let mut maps = vec![Vec::with_capacity(spec.keys.len()); ingests.len()];
    let (mut counts, mut orders) = (Vec::new(), Vec::new());
    for (key, of) in spec.keys.iter().enumerate() {
        let data_type = spec.inputs[*of].data_type(input)?;
        let empty = || Interner::new(&data_type);
        let mut values =
            ingests.iter_mut().map(|ingest| std::mem::replace(&mut ingest.keys[key], empty()?).into_values());
        let mut values: Vec<ArrayRef> = values.by_ref().collect::<Result<_>>()?;
        if let [only] = &values[..] {
            counts.push(only.len());
            maps[0].push(None);
            orders.push(if spec.is_ordered(key) { Some(KeyOrder::new(only)?) } else { None });
            continue;
        }
        let mut common = empty()?;
        for (values, maps) in values.drain(..).zip(&mut maps) {
            let mut map = Vec::new();
            common.intern(&values, &mut map)?;
            maps.push(Some(map));
        }
        let values = common.into_values()?;
        counts.push(values.len());
        orders.push(if spec.is_ordered(key) { Some(KeyOrder::new(&values)?) } else { None });
    }
    Ok((maps, counts, orders))
}

/// For each ingest, from its account numbers to the common ones; and the partition keys of these.
fn common_accounts(
    spec: &WindowSpec,
    input: &Schema,
    ingests: &mut [Ingest],
) -> Result<(Vec<Vec<u32>>, Vec<ArrayRef>)> {
    let types = spec.partition_types(input)?;
    if let [only] = ingests {
        let accounts = std::mem::replace(&mut only.accounts, Accounts::new(&types)?);
        return Ok((vec![(0..accounts.len() as u32).collect()], accounts.into_keys()?));
    }
    let mut common = Accounts::new(&types)?;
    let number = |ingest: &mut Ingest| {
        let accounts = std::mem::replace(&mut ingest.accounts, Accounts::new(&types)?);
        let mut map = Vec::new();
        let count = accounts.len();
        common.number(&accounts.into_keys()?, count, &mut map)?;
        Ok(map)
    };
    let maps = ingests.iter_mut().map(number).collect::<Result<_>>()?;
    Ok((maps, common.into_keys()?))
}

impl KeyOrder {
    fn new(values: &ArrayRef) -> Result<Self> {
        let ascending = SortOptions { descending: false, nulls_first: false };
        let order: UInt32Array = sort_to_indices(values, Some(ascending), None)?;
        let mut place = vec![0; values.len()];
        for (at, number) in order.values().iter().enumerate() {
            place[*number as usize] = at as u32;
        }
        Ok(Self { sorted: take(values, &order, None)?, place })
    }
}
