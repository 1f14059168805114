//! One slot for each account and day that has rows.

use super::frame::{NULL_FIRST, NULL_LAST};

/// No slot.
const NONE: u32 = u32::MAX;

/// Numbers (account, day) pairs from 0 in the order in which they are first seen.
#[derive(Default)]
pub(super) struct Slots {
    accounts: Vec<AccountDays>,
    /// The account of each slot.
    pub(super) account: Vec<u32>,
    bytes: usize,
}

/// The days of one account: a table over the days from `base` on while the days lie close together (the usual case),
/// a sorted list when they are far apart.
#[derive(Default)]
struct AccountDays {
    base: i32,
    table: Vec<u32>,
    list: Vec<(i32, u32)>,
    days: usize,
    /// Rows without a day: where they stand in the order, and their slot.
    null: Option<(i32, u32)>,
}

impl Slots {
    /// The slot of a day of an account; a new one when there is none.
    #[inline]
    pub(super) fn slot(&mut self, account: u32, day: i32) -> u32 {
        if let Some(days) = self.accounts.get(account as usize) {
            // A day before the base wraps around to past the end.
            if let Some(&slot) = days.table.get(day.wrapping_sub(days.base) as u32 as usize)
                && slot != NONE
            {
                return slot;
            }
        }
        self.find_or_add(account, day)
    }

    #[cold]
    fn find_or_add(&mut self, account: u32, day: i32) -> u32 {
        if account as usize >= self.accounts.len() {
            self.accounts.resize_with(account as usize + 1, AccountDays::default);
        }
        let next = self.account.len() as u32;
        let days = &mut self.accounts[account as usize];
        let before = days.size();
        let slot = days.find_or_insert(day, next);
        self.bytes += days.size() - before.min(days.size());
        if slot == next {
            self.account.push(account);
        }
        slot
    }

    /// How many slots there are.
    pub(super) fn len(&self) -> usize {
        self.account.len()
    }

    /// The days of an account in ascending order, with their slots.
    pub(super) fn of(&self, account: u32) -> impl Iterator<Item = (i32, u32)> {
        let days = self.accounts.get(account as usize);
        let null = days.and_then(|days| days.null);
        let first = null.filter(|(day, _)| *day == NULL_FIRST);
        let last = null.filter(|(day, _)| *day == NULL_LAST);
        let listed = days.into_iter().flat_map(|days| days.list.iter().copied());
        let table = days.into_iter().flat_map(|days| {
            let filled = days.table.iter().enumerate().filter(|(_, slot)| **slot != NONE);
            filled.map(|(at, slot)| (days.base.wrapping_add(at as i32), *slot))
        });
        first.into_iter().chain(listed).chain(table).chain(last)
    }

    /// Bytes held.
    pub(super) fn size(&self) -> usize {
        self.bytes
            + self.accounts.capacity() * size_of::<AccountDays>()
            + self.account.capacity() * size_of::<u32>()
    }
}

impl AccountDays {
    fn size(&self) -> usize {
        self.table.capacity() * size_of::<u32>() + self.list.capacity() * size_of::<(i32, u32)>()
    }

    /// The slot of a day that is not in the table, `next` when it is new.
    fn find_or_insert(&mut self, day: i32, next: u32) -> u32 {
        if day == NULL_FIRST || day == NULL_LAST {
            return self.null.get_or_insert((day, next)).1;
        }
        if self.table.is_empty() {
            return match self.list.binary_search_by_key(&day, |(day, _)| *day) {
                Ok(at) => self.list[at].1,
                Err(at) => {
                    self.list.insert(at, (day, next));
                    self.days += 1;
                    self.settle();
                    next
                }
            };
        }
        self.days += 1;
        let (first, last) = (i64::from(self.base), i64::from(self.base) + self.table.len() as i64 - 1);
        let (first, last) = (first.min(day.into()), last.max(day.into()));
        if !self.is_close(last - first) {
            self.list = self.listed();
            self.table = Vec::new();
            let at = self.list.partition_point(|(listed, _)| *listed < day);
            self.list.insert(at, (day, next));
            return next;
        }
        self.make_room_before((i64::from(self.base) - first) as usize);
        let at = (i64::from(day) - i64::from(self.base)) as usize;
        self.table.resize(self.table.len().max(at + 1), NONE);
        self.table[at] = next;
        next
    }

    /// Lengthens the table by so many days before its first, and by half of its length where that stays close: days
    /// that come in descending order then move the table a few times, not once a day.
    fn make_room_before(&mut self, days: usize) {
        if days == 0 {
            return;
        }
        let spare = self.table.len() / 2;
        let is_close = self.is_close((self.table.len() + days + spare) as i64);
        let room = if is_close && i64::from(self.base) - (days + spare) as i64 > i64::from(NULL_FIRST) {
            days + spare
        } else {
            days
        };
        self.table.splice(0..0, std::iter::repeat_n(NONE, room));
        self.base -= room as i32;
    }

    /// Turns the list into a table when its days have come to lie close together.
    fn settle(&mut self) {
        let (Some(&(first, _)), Some(&(last, _))) = (self.list.first(), self.list.last()) else { return };
        let span = i64::from(last) - i64::from(first);
        if self.is_close(span) {
            self.base = first;
            self.table = vec![NONE; span as usize + 1];
            for (day, slot) in std::mem::take(&mut self.list) {
                self.table[(i64::from(day) - i64::from(first)) as usize] = slot;
            }
        }
    }

    /// A table may be so many times longer than the days in it.
    fn is_close(&self, span: i64) -> bool {
        span < 8 * self.days as i64 + 24
    }

    fn listed(&self) -> Vec<(i32, u32)> {
        let filled = self.table.iter().enumerate().filter(|(_, slot)| **slot != NONE);
        filled.map(|(at, slot)| (self.base.wrapping_add(at as i32), *slot)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn day() -> impl Strategy<Value = i32> {
        prop_oneof![
            8 => 19_000..19_400i32,
            1 => NULL_FIRST + 1..NULL_LAST,
            1 => Just(NULL_LAST),
        ]
    }

    proptest! {
        #[test]
        fn days_in_descending_order_are_found_again(days in prop::collection::btree_set(18_000..19_400i32, 1..900)) {
            let mut slots = Slots::default();
            for (at, day) in days.iter().rev().enumerate() {
                prop_assert_eq!(slots.slot(0, *day), at as u32);
            }
            let found: Vec<_> = slots.of(0).collect();
            let last = days.len() as u32 - 1;
            let expected: Vec<_> = days.iter().enumerate().map(|(at, day)| (*day, last - at as u32)).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn slots_are_a_map_from_account_and_day(rows in prop::collection::vec((0..3u32, day()), 0..600)) {
            let mut slots = Slots::default();
            let mut expected = BTreeMap::new();
            for (account, day) in rows {
                let next = expected.len() as u32;
                let slot = *expected.entry((account, day)).or_insert(next);
                prop_assert_eq!(slots.slot(account, day), slot);
            }
            for account in 0..3 {
                let days: Vec<_> = slots.of(account).collect();
                let expected = expected.range((account, i32::MIN)..=(account, i32::MAX));
                let expected: Vec<_> = expected.map(|((_, day), slot)| (*day, *slot)).collect();
                prop_assert_eq!(days, expected);
            }
        }
    }
}
