//! Every value of each day of an account: what `lag`, `lead` and `median` need beyond sums and extremes.

use arrow::buffer::BooleanBuffer;
use datafusion::common::Result;

use super::frame::{DayIndex, Timeline};
use super::rows::{Rows, each};

/// One value on one day of one account.
#[derive(Debug, Clone, Copy)]
pub(super) struct DayValue {
    day: i32,
    /// The value's code, or the number of the key that it is.
    code: i64,
}

/// For each account its values, in the order of arrival. NULL is no value.
#[derive(Default)]
pub(super) struct ValueList {
    accounts: Vec<Vec<DayValue>>,
    bytes: usize,
}

impl ValueList {
    /// Takes in those rows of one batch that count and have a code.
    pub(super) fn extend(
        &mut self,
        rows: &Rows,
        valid: Option<&BooleanBuffer>,
        code: impl Fn(usize) -> Option<i64>,
    ) -> Result<()> {
        each(rows.slots.len(), valid, |row| {
            if let Some(code) = code(row) {
                self.push(rows.accounts[row], DayValue { day: rows.days[row], code });
            }
            Ok(())
        })
    }

    #[inline]
    fn push(&mut self, account: u32, value: DayValue) {
        if account as usize >= self.accounts.len() {
            self.accounts.resize_with(account as usize + 1, Vec::new);
        }
        let list = &mut self.accounts[account as usize];
        if list.len() == list.capacity() {
            let more = list.len().max(8);
            list.reserve_exact(more);
            self.bytes += more * size_of::<DayValue>();
        }
        list.push(value);
    }

    /// The values of an account.
    pub(super) fn of(&self, account: u32) -> &[DayValue] {
        self.accounts.get(account as usize).map_or(&[], Vec::as_slice)
    }

    /// Bytes held.
    pub(super) fn size(&self) -> usize {
        self.bytes + self.accounts.capacity() * size_of::<Vec<DayValue>>()
    }
}

/// The values of each day of one account in ascending order: those of day `d` stand at `starts[d]..starts[d + 1]`.
#[derive(Debug, Default)]
pub(super) struct ValuesByDay {
    starts: Vec<usize>,
    pub(super) codes: Vec<i64>,
}

impl ValuesByDay {
    /// Puts the lists of an account in order. Where values are keys, each list comes with the map from its numbers to
    /// the common ones (`None` where they are the same), and `places` has the place of each common number in the order
    /// of values; the codes are then places.
    pub(super) fn new(
        timeline: &Timeline,
        lists: &[(&[DayValue], Option<&[u32]>)],
        places: Option<&[u32]>,
    ) -> Self {
        let index = DayIndex::new(timeline);
        // Counting sort: `starts` first counts each day one place further on, then adds up, then moves as it fills.
        let mut starts = vec![0; timeline.days.len() + 2];
        for value in lists.iter().flat_map(|(list, _)| list.iter()) {
            starts[index.of(value.day) + 2] += 1;
        }
        for day in 2..starts.len() {
            starts[day] += starts[day - 1];
        }
        let mut codes = vec![0; lists.iter().map(|(list, _)| list.len()).sum()];
        for (list, map) in lists {
            for value in *list {
                let at = &mut starts[index.of(value.day) + 1];
                codes[*at] = match places {
                    None => value.code,
                    Some(places) => {
                        let number = value.code as usize;
                        i64::from(places[map.map_or(number, |map| map[number] as usize)])
                    }
                };
                *at += 1;
            }
        }
        starts.pop();
        starts.windows(2).for_each(|day| codes[day[0]..day[1]].sort_unstable());
        Self { starts, codes }
    }

    /// How many days there are.
    pub(super) fn days(&self) -> usize {
        self.starts.len() - 1
    }

    /// Where the values of a day stand among `codes`.
    pub(super) fn places(&self, day: usize) -> std::ops::Range<usize> {
        self.starts[day]..self.starts[day + 1]
    }

    /// The values of a day.
    pub(super) fn of(&self, day: usize) -> &[i64] {
        &self.codes[self.places(day)]
    }
}
