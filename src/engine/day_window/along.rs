//! The measures of one account, laid along its days.

use std::ops::Range;

use arrow::datatypes::i256;
use datafusion::common::{Result, internal_err};

use super::frame::{DayIndex, Timeline};
use super::gather::{Gathered, Partial};
use super::keyed::{Amount, KeyDay};
use super::measure::{Counts, Measure};
use super::rolling::KeysByDay;
use super::values::ValuesByDay;

/// An account's days as one input partition saw them.
pub(super) struct Part {
    pub(super) partial: usize,
    pub(super) account: u32,
    /// Slots and the index of their day.
    pub(super) days: Vec<(u32, usize)>,
}

/// The days of one account, in order.
#[derive(Default)]
pub(super) struct AccountDays {
    pub(super) timeline: Timeline,
    /// The same days by input partition.
    pub(super) parts: Vec<Part>,
}

/// A measure along the days of an account.
pub(super) enum Along {
    /// Totals up to the start of each day, and of all days.
    Counts(Vec<i64>),
    Sums(Vec<i128>),
    /// The same where 128 bits might not be enough.
    HugeSums(Vec<i256>),
    Codes(Vec<Option<i64>>),
    Keys(KeysByDay<()>),
    Amounts(KeysByDay<i128>),
    Values(ValuesByDay),
}

impl AccountDays {
    /// A measure along the days.
    pub(super) fn lay_along(&self, data: &Gathered, measure: usize) -> Along {
        let parts = || self.parts.iter().map(|part| (part, &data.partials[part.partial]));
        let key = data.spec.measures[measure].key;
        match &data.partials[0].measures[measure] {
            Measure::Count(_) => {
                Along::Counts(running(self.daily(data, |slot, partial| match &partial.measures[measure] {
                    Measure::Count(Counts(Some(counts))) => counts[slot],
                    _ => partial.counted[slot],
                })))
            }
            Measure::Active(_) => {
                let active = self.daily(data, |slot, partial| match &partial.measures[measure] {
                    Measure::Active(active) => i64::from(active[slot]),
                    _ => 0,
                });
                Along::Counts(running(active.into_iter().map(|count| count.min(1))))
            }
            Measure::Sum(_) | Measure::WideSum(_) => self.sums(data, measure),
            Measure::Extreme { greatest, .. } => {
                let better = if *greatest { i64::max } else { i64::min };
                let mut codes: Vec<Option<i64>> = vec![None; self.timeline.days.len()];
                for (part, partial) in parts() {
                    let Measure::Extreme { codes: of, .. } = &partial.measures[measure] else { continue };
                    for (slot, day) in &part.days {
                        if let Some(code) = of[*slot as usize] {
                            codes[*day] = Some(codes[*day].map_or(code, |known| better(known, code)));
                        }
                    }
                }
                Along::Codes(codes)
            }
            Measure::Keys(_) => Along::Keys(self.by_day(
                parts().filter_map(|(part, partial)| match &partial.measures[measure] {
                    Measure::Keys(list) => Some((list.of(part.account), partial.key_map(key))),
                    _ => None,
                }),
                |()| (),
            )),
            Measure::Amounts(_) => Along::Amounts(self.by_day(
                parts().filter_map(|(part, partial)| match &partial.measures[measure] {
                    Measure::Amounts(list) => Some((list.of(part.account), partial.key_map(key))),
                    _ => None,
                }),
                i128::from,
            )),
            Measure::WideAmounts(_) => Along::Amounts(self.by_day(
                parts().filter_map(|(part, partial)| match &partial.measures[measure] {
                    Measure::WideAmounts(list) => Some((list.of(part.account), partial.key_map(key))),
                    _ => None,
                }),
                |amount| amount,
            )),
            Measure::Values(_) => {
                let lists = parts().filter_map(|(part, partial)| match &partial.measures[measure] {
                    Measure::Values(list) => Some((list.of(part.account), partial.key_map(key))),
                    _ => None,
                });
                let order = key.and_then(|key| data.orders[key].as_ref());
                let places = order.map(|order| order.place.as_slice());
                Along::Values(ValuesByDay::new(&self.timeline, &lists.collect::<Vec<_>>(), places))
            }
        }
    }

    /// One number for each day, added up over the parts.
    fn daily(&self, data: &Gathered, of: impl Fn(usize, &Partial) -> i64) -> Vec<i64> {
        let mut daily = vec![0; self.timeline.days.len()];
        for part in &self.parts {
            for (slot, day) in &part.days {
                daily[*day] += of(*slot as usize, &data.partials[part.partial]);
            }
        }
        daily
    }

    fn sums(&self, data: &Gathered, measure: usize) -> Along {
        let mut daily = vec![0i128; self.timeline.days.len()];
        // As long as all sizes together stay below this, no sum of days can overflow 128 bits.
        let mut size = 0.0;
        self.each_sum(data, measure, |day, sum| {
            size += (sum as f64).abs();
            daily[day] = daily[day].wrapping_add(sum);
        });
        if size < 1e38 {
            let mut total = 0;
            let totals = daily.into_iter().map(|sum| {
                total += sum;
                total
            });
            return Along::Sums(std::iter::once(0).chain(totals).collect());
        }
        let mut daily = vec![i256::ZERO; self.timeline.days.len()];
        self.each_sum(data, measure, |day, sum| daily[day] = daily[day].wrapping_add(i256::from_i128(sum)));
        let mut total = i256::ZERO;
        let totals = daily.into_iter().map(|sum| {
            total = total.wrapping_add(sum);
            total
        });
        Along::HugeSums(std::iter::once(i256::ZERO).chain(totals).collect())
    }

    fn each_sum(&self, data: &Gathered, measure: usize, mut call: impl FnMut(usize, i128)) {
        for part in &self.parts {
            match &data.partials[part.partial].measures[measure] {
                Measure::Sum(sums) => {
                    part.days.iter().for_each(|(slot, day)| call(*day, i128::from(sums[*slot as usize])));
                }
                Measure::WideSum(sums) => {
                    part.days.iter().for_each(|(slot, day)| call(*day, sums[*slot as usize]));
                }
                _ => {}
            }
        }
    }

    /// Puts the keys of all parts in order of days, under their common numbers.
    fn by_day<'a, A: Amount + 'a, B: Copy + Default>(
        &self,
        lists: impl Iterator<Item = (&'a [KeyDay<A>], Option<&'a [u32]>)>,
        amount: impl Fn(A) -> B,
    ) -> KeysByDay<B> {
        let lists: Vec<_> = lists.collect();
        let index = DayIndex::new(&self.timeline);
        // Counting sort: `starts` first counts each day one place further on, then adds up, then moves as it fills.
        let mut starts = vec![0; self.timeline.days.len() + 2];
        for entry in lists.iter().flat_map(|(list, _)| list.iter()) {
            starts[index.of(entry.day) + 2] += 1;
        }
        for day in 2..starts.len() {
            starts[day] += starts[day - 1];
        }
        let mut keys = vec![(0, B::default()); lists.iter().map(|(list, _)| list.len()).sum()];
        for (list, map) in lists {
            for entry in list {
                let at = &mut starts[index.of(entry.day) + 1];
                let key = map.map_or(entry.key, |map| map[entry.key as usize]);
                keys[*at] = (key, amount(entry.amount));
                *at += 1;
            }
        }
        starts.pop();
        KeysByDay { starts, keys }
    }
}

impl Along {
    /// The sum over a frame, where it fits 128 bits.
    pub(super) fn between(&self, frame: &Range<usize>) -> Result<Option<i128>> {
        match self {
            Self::Sums(sums) => Ok(Some(sums[frame.end] - sums[frame.start])),
            Self::HugeSums(sums) => Ok(sums[frame.end].wrapping_sub(sums[frame.start]).to_i128()),
            _ => internal_err!("the sum of a measure that is none"),
        }
    }
}

/// The sums of all days before each one, and of all days.
fn running(daily: impl IntoIterator<Item = i64>) -> Vec<i64> {
    let mut total = 0;
    let totals = daily.into_iter().map(|count| {
        total += count;
        total
    });
    std::iter::once(0).chain(totals).collect::<Vec<_>>()
}
