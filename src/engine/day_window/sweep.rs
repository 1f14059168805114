//! One account at a time: its days put in order, its measures laid along them, every frame answered.

use std::ops::Range;

use arrow::datatypes::i256;
use datafusion::common::{Result, internal_err};

use crate::engine::functions::Statistic;

use super::column::Column;
use super::frame::{DayIndex, Timeline};
use super::gather::{Gathered, Partial};
use super::keyed::{Amount, KeyDay};
use super::measure::{Counts, Measure};
use super::median::Medians;
use super::pick::pick;
use super::rolling::{DistinctKeys, KeyTotals, KeysByDay};
use super::shift::shift;
use super::spec::{Function, OutputSpec, Values, WindowSpec};
use super::values::ValuesByDay;

/// An account's days as one input partition saw them.
struct Part {
    partial: usize,
    account: u32,
    /// Slots and the index of their day.
    days: Vec<(u32, usize)>,
}

/// A measure along the days of an account.
enum Along {
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

/// Statistics of the same amounts over the same frame, which one walk along the days answers.
struct Shares {
    amounts: usize,
    frame: usize,
    statistics: Vec<Statistic>,
    /// The outputs that they are.
    outputs: Vec<usize>,
}

/// Answers the frames of one account after another.
pub(super) struct Sweeper {
    timeline: Timeline,
    parts: Vec<Part>,
    along: Vec<Along>,
    frames: Vec<Vec<Range<usize>>>,
    /// The days that have emitted rows.
    wanted: Vec<bool>,
    distinct: Vec<DistinctKeys>,
    shares: Vec<Shares>,
    totals: KeyTotals,
    medians: Medians,
}

impl Sweeper {
    /// For the outputs of a window.
    pub(super) fn new(data: &Gathered) -> Self {
        Self {
            timeline: Timeline::default(),
            parts: Vec::new(),
            along: Vec::new(),
            frames: vec![Vec::new(); data.spec.frames.len()],
            wanted: Vec::new(),
            distinct: data.spec.keys.iter().map(|_| DistinctKeys::default()).collect(),
            shares: shares(&data.spec),
            totals: KeyTotals::default(),
            medians: Medians::default(),
        }
    }

    /// Appends an account's results to the columns, one row for each of its days, and says in `place` for each slot
    /// which row it is, counted from `first`. Returns how many rows were appended, and how many rows will be emitted.
    pub(super) fn sweep(
        &mut self,
        data: &Gathered,
        account: u32,
        columns: &mut [Column],
        place: &mut [Vec<u32>],
        first: usize,
    ) -> Result<(usize, usize)> {
        let emitted = self.lay_out(data, account);
        if emitted == 0 {
            return Ok((0, 0));
        }
        for part in &self.parts {
            for (slot, day) in &part.days {
                place[part.partial][*slot as usize] = (first + day) as u32;
            }
        }
        for (bounds, frame) in self.frames.iter_mut().zip(&data.spec.frames) {
            frame.bounds(&self.timeline, bounds);
        }
        self.along.clear();
        for measure in 0..data.spec.measures.len() {
            let along = self.lay_along(data, measure);
            self.along.push(along);
        }
        for (output, column) in columns.iter_mut().enumerate() {
            self.answer(data, output, column)?;
        }
        self.answer_shares(columns)?;
        Ok((self.timeline.days.len(), emitted))
    }

    /// Puts the days of the account's parts in order; returns how many of its rows are emitted.
    fn lay_out(&mut self, data: &Gathered, account: u32) -> usize {
        let parts = &data.accounts[account as usize];
        self.timeline.days.clear();
        self.parts.clear();
        for (partial, account) in parts {
            self.timeline
                .days
                .extend(data.partials[*partial as usize].slots.of(*account).map(|(day, _)| day));
        }
        if parts.len() > 1 {
            self.timeline.days.sort_unstable();
            self.timeline.days.dedup();
        }
        self.wanted.clear();
        self.wanted.resize(self.timeline.days.len(), false);
        let mut emitted = 0;
        for (partial, account) in parts {
            let of = &data.partials[*partial as usize];
            let mut index = 0;
            let days = of.slots.of(*account).map(|(day, slot)| {
                while self.timeline.days[index] < day {
                    index += 1;
                }
                (slot, index)
            });
            let days: Vec<_> = days.collect();
            for (slot, day) in &days {
                let rows = of.emitted[*slot as usize] as usize;
                self.wanted[*day] |= rows > 0;
                emitted += rows;
            }
            self.parts.push(Part { partial: *partial as usize, account: *account, days });
        }
        emitted
    }

    fn lay_along(&self, data: &Gathered, measure: usize) -> Along {
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

    fn answer(&mut self, data: &Gathered, output: usize, column: &mut Column) -> Result<()> {
        let spec = &data.spec.outputs[output];
        let frames = &self.frames[spec.frame];
        match (spec.function, &self.along[WindowSpec::measure_of(spec.function)]) {
            (Function::Count { .. } | Function::ActiveDays { .. }, Along::Counts(counts)) => {
                frames.iter().try_for_each(|frame| column.push_count(counts[frame.end] - counts[frame.start]))
            }
            (Function::Sum { counts, .. } | Function::Average { counts, .. }, sums) => {
                let Along::Counts(counts) = &self.along[counts] else { return mismatch() };
                let is_sum = matches!(spec.function, Function::Sum { .. });
                let name = spec.field.name();
                let push = if is_sum { Column::push_sum } else { Column::push_average };
                frames.iter().try_for_each(|frame| {
                    let counted = counts[frame.end] - counts[frame.start];
                    push(column, sums.between(frame)?, counted, name)
                })
            }
            (Function::Pick { pick: which, .. }, Along::Codes(codes)) => pick(which, codes, frames, column),
            (Function::Pick { pick: which, values: Values::Keys { key, .. } }, Along::Keys(days)) => {
                let Some(order) = &data.orders[key] else { return mismatch() };
                let place = |(key, ()): &(u32, ())| i64::from(order.place[*key as usize]);
                let codes = (0..self.timeline.days.len()).map(|day| {
                    let places = days.of(day).iter().map(place);
                    if which.greatest() { places.max() } else { places.min() }
                });
                pick(which, &codes.collect::<Vec<_>>(), frames, column)
            }
            (Function::Shift { shift: of, values: at, rows }, Along::Values(values)) => {
                let Along::Counts(rows) = &self.along[rows] else { return mismatch() };
                shift(of, values, rows, data.default_code(of, at)?, column)
            }
            (Function::Median { values: at }, Along::Values(values)) => {
                let order = at.key().and_then(|key| data.orders[key].as_ref());
                let push = |middle| column.push_median(middle, order);
                self.medians.each(values, frames, &self.wanted, push)
            }
            (Function::CountDistinct { keys }, days) => {
                let Some(key) = data.spec.measures[keys].key else { return mismatch() };
                let (distinct, count) = (&mut self.distinct[key], data.key_counts[key]);
                match days {
                    Along::Keys(days) => distinct.count(days, frames, count, column),
                    Along::Amounts(days) => distinct.count(days, frames, count, column),
                    _ => mismatch(),
                }
            }
            (Function::Share { .. }, Along::Amounts(_)) => Ok(()),
            _ => mismatch(),
        }
    }

    fn answer_shares(&mut self, columns: &mut [Column]) -> Result<()> {
        for Shares { amounts, frame, statistics, outputs } in &self.shares {
            let Along::Amounts(days) = &self.along[*amounts] else { return mismatch() };
            let push = |place: usize, share| columns[outputs[place]].push_double(share);
            self.totals.share(statistics, days, &self.frames[*frame], &self.wanted, push)?;
        }
        Ok(())
    }
}

/// The statistics among the outputs, by what they are of.
fn shares(spec: &WindowSpec) -> Vec<Shares> {
    let mut shares: Vec<Shares> = Vec::new();
    for (output, OutputSpec { function, frame, .. }) in spec.outputs.iter().enumerate() {
        let Function::Share { amounts, statistic } = *function else { continue };
        match shares.iter_mut().find(|known| (known.amounts, known.frame) == (amounts, *frame)) {
            Some(known) => {
                known.statistics.push(statistic);
                known.outputs.push(output);
            }
            None => shares.push(Shares {
                amounts,
                frame: *frame,
                statistics: vec![statistic],
                outputs: vec![output],
            }),
        }
    }
    shares
}

impl Along {
    /// The sum over a frame, where it fits 128 bits.
    fn between(&self, frame: &Range<usize>) -> Result<Option<i128>> {
        match self {
            Self::Sums(sums) => Ok(Some(sums[frame.end] - sums[frame.start])),
            Self::HugeSums(sums) => Ok(sums[frame.end].wrapping_sub(sums[frame.start]).to_i128()),
            _ => mismatch(),
        }
    }
}

fn mismatch<T>() -> Result<T> {
    internal_err!("a window function over a measure of another kind")
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
