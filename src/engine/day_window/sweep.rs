//! One account at a time: its days put in order, its measures laid along them, every frame answered.

use std::ops::Range;

use datafusion::common::{Result, internal_err};

use crate::engine::functions::Statistic;

use super::along::{AccountDays, Along, Part};
use super::column::Column;
use super::gather::Gathered;
use super::median::Medians;
use super::pick::pick;
use super::rolling::{DistinctKeys, KeyTotals};
use super::shift::shift;
use super::spec::{Function, OutputSpec, Values, WindowSpec};

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
    days: AccountDays,
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
            days: AccountDays::default(),
            along: Vec::new(),
            frames: vec![Vec::new(); data.spec.frames.len()],
            wanted: Vec::new(),
            distinct: data.spec.keys.iter().map(|_| DistinctKeys::default()).collect(),
            shares: shares(&data.spec),
            totals: KeyTotals::default(),
            medians: Medians::default(),
        }
    }

    /// Appends an account's results to the columns, one row for each of its days, and notes for each slot
    /// which row it is, counted from `first`. Returns how many rows were appended, and how many rows will be emitted.
    pub(super) fn sweep(
        &mut self,
        data: &Gathered,
        account: u32,
        columns: &mut [Column],
        first: usize,
    ) -> Result<(usize, usize)> {
        let emitted = self.lay_out(data, account);
        if emitted == 0 {
            return Ok((0, 0));
        }
        for part in &self.days.parts {
            for (slot, day) in &part.days {
                data.partials[part.partial].set_result_row(*slot, (first + day) as u32);
            }
        }
        for (bounds, frame) in self.frames.iter_mut().zip(&data.spec.frames) {
            frame.bounds(&self.days.timeline, bounds);
        }
        self.along.clear();
        for measure in 0..data.spec.measures.len() {
            self.along.push(self.days.lay_along(data, measure));
        }
        for (output, column) in columns.iter_mut().enumerate() {
            self.answer(data, output, column)?;
        }
        self.answer_shares(columns)?;
        Ok((self.days.timeline.days.len(), emitted))
    }

    /// Puts the days of the account's parts in order; returns how many of its rows are emitted.
    fn lay_out(&mut self, data: &Gathered, account: u32) -> usize {
        let parts = &data.accounts[account as usize];
        self.days.timeline.days.clear();
        self.days.parts.clear();
        for (partial, account) in parts {
            self.days
                .timeline
                .days
                .extend(data.partials[*partial as usize].slots.of(*account).map(|(day, _)| day));
        }
        if parts.len() > 1 {
            self.days.timeline.days.sort_unstable();
            self.days.timeline.days.dedup();
        }
        self.wanted.clear();
        self.wanted.resize(self.days.timeline.days.len(), false);
        let mut emitted = 0;
        for (partial, account) in parts {
            let of = &data.partials[*partial as usize];
            let mut index = 0;
            let days = of.slots.of(*account).map(|(day, slot)| {
                while self.days.timeline.days[index] < day {
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
            self.days.parts.push(Part { partial: *partial as usize, account: *account, days });
        }
        emitted
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
                let codes = (0..self.days.timeline.days.len()).map(|day| {
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

fn mismatch<T>() -> Result<T> {
    internal_err!("a window function over a measure of another kind")
}
