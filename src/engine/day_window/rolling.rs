//! Distinct keys and shares among keys over sliding frames: days enter at the end and leave at the start.

use std::ops::Range;

use datafusion::common::{Result, exec_err};

use crate::engine::functions::{Moments, Statistic};

use super::column::Column;

/// The keys of each day of one account: those of day `d` stand at `starts[d]..starts[d + 1]`.
#[derive(Debug, Default)]
pub(super) struct KeysByDay<A> {
    pub(super) starts: Vec<usize>,
    pub(super) keys: Vec<(u32, A)>,
}

impl<A> KeysByDay<A> {
    pub(super) fn of(&self, day: usize) -> &[(u32, A)] {
        &self.keys[self.starts[day]..self.starts[day + 1]]
    }
}

/// Counts the distinct keys of frames. A key is in the frame when the last day on which it was seen is, so only the
/// number of keys last seen on each day is kept, and nothing is taken back when a day leaves.
#[derive(Debug, Default)]
pub(super) struct DistinctKeys {
    /// The day on which each key was last seen, counted on from `base`: what is below belongs to earlier frames.
    last_seen: Vec<u64>,
    base: u64,
    seen_last_on: Vec<i64>,
}

impl DistinctKeys {
    /// The number of distinct keys in every frame, into a column.
    pub(super) fn count<A>(
        &mut self,
        days: &KeysByDay<A>,
        frames: &[Range<usize>],
        key_count: usize,
        column: &mut Column,
    ) -> Result<()> {
        self.last_seen.resize(key_count.max(self.last_seen.len()), 0);
        self.base += self.seen_last_on.len() as u64 + 1;
        self.seen_last_on.clear();
        self.seen_last_on.resize(frames.len(), 0);
        let (mut start, mut end) = (0, 0);
        let mut distinct = 0;
        for frame in frames {
            while end < frame.end {
                distinct += self.enter(end, start, days.of(end));
                end += 1;
            }
            while start < frame.start {
                distinct -= self.seen_last_on[start];
                start += 1;
            }
            column.push_count(distinct)?;
        }
        Ok(())
    }

    /// Takes in a day; returns how many keys were not in the frame.
    #[inline]
    fn enter<A>(&mut self, day: usize, start: usize, keys: &[(u32, A)]) -> i64 {
        let today = self.base + day as u64;
        let mut moved = 0;
        let mut new = 0;
        for (key, _) in keys {
            let last = &mut self.last_seen[*key as usize];
            if *last == today {
                continue;
            }
            moved += 1;
            if *last >= self.base + start as u64 {
                self.seen_last_on[(*last - self.base) as usize] -= 1;
            } else {
                new += 1;
            }
            *last = today;
        }
        self.seen_last_on[day] += moved;
        new
    }
}

/// The totals of keys within sliding frames.
#[derive(Debug, Default)]
pub(super) struct KeyTotals {
    totals: Vec<i128>,
    /// For each key, how many of its days are in the frame.
    days: Vec<u32>,
    moments: Moments,
    /// Keys that count in ascending order of totals, as of the last time it was asked for.
    ranked: Vec<(i128, u32)>,
    /// Keys whose total has changed since.
    changed: Vec<u32>,
    is_changed: Vec<bool>,
    merged: Vec<(i128, u32)>,
}

impl KeyTotals {
    /// The statistics of every frame that is asked for, by their place; nothing for the others.
    pub(super) fn share(
        &mut self,
        statistics: &[Statistic],
        days: &KeysByDay<i128>,
        frames: &[Range<usize>],
        wanted: &[bool],
        mut push: impl FnMut(usize, Option<f64>) -> Result<()>,
    ) -> Result<()> {
        let keys = days.keys.iter().map(|(key, _)| *key as usize + 1).max().unwrap_or(0);
        if keys > self.totals.len() {
            self.totals.resize(keys, 0);
            self.days.resize(keys, 0);
            self.is_changed.resize(keys, false);
        }
        let (mut start, mut end) = (0, 0);
        for (frame, wanted) in frames.iter().zip(wanted) {
            while end < frame.end {
                self.add(days.of(end), 1)?;
                end += 1;
            }
            while start < frame.start {
                self.add(days.of(start), -1)?;
                start += 1;
            }
            for (place, statistic) in statistics.iter().enumerate() {
                push(place, if *wanted { self.evaluate(*statistic) } else { None })?;
            }
        }
        self.clear(days);
        Ok(())
    }

    fn add(&mut self, keys: &[(u32, i128)], sign: i128) -> Result<()> {
        for (key, amount) in keys {
            let total = &mut self.totals[*key as usize];
            let before = *total;
            let Some(after) = before.checked_add(sign * amount) else {
                return exec_err!("the amounts of one key overflow 128 bits");
            };
            *total = after;
            self.moments.change(before, after)?;
            let days = &mut self.days[*key as usize];
            *days = days.wrapping_add_signed(sign as i32);
            if !std::mem::replace(&mut self.is_changed[*key as usize], true) {
                self.changed.push(*key);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, statistic: Statistic) -> Option<f64> {
        if statistic.needs_ranking() {
            self.rank(statistic);
            return statistic.of(&self.moments, self.ranked.iter().map(|(total, _)| *total));
        }
        // Only totals beyond 64 bits are ever looked at again.
        statistic.of(&self.moments, self.totals.iter().copied().filter(|total| *total > 0))
    }

    /// Brings the ranking up to date: those that changed are sorted and merged with those that did not.
    fn rank(&mut self, statistic: Statistic) {
        if self.changed.is_empty() {
            return;
        }
        let (totals, days) = (&self.totals, &self.days);
        let mut changed: Vec<(i128, u32)> =
            self.changed.iter().map(|key| (totals[*key as usize], *key)).collect();
        changed.retain(|(total, key)| days[*key as usize] > 0 && statistic.counts(*total));
        changed.sort_unstable();
        let mut changed = changed.into_iter().peekable();
        self.merged.clear();
        for entry in self.ranked.iter().filter(|(_, key)| !self.is_changed[*key as usize]) {
            while let Some(smaller) = changed.next_if(|new| new < entry) {
                self.merged.push(smaller);
            }
            self.merged.push(*entry);
        }
        self.merged.extend(changed);
        std::mem::swap(&mut self.ranked, &mut self.merged);
        for key in self.changed.drain(..) {
            self.is_changed[key as usize] = false;
        }
    }

    fn clear(&mut self, days: &KeysByDay<i128>) {
        for (key, _) in &days.keys {
            self.totals[*key as usize] = 0;
            self.days[*key as usize] = 0;
            self.is_changed[*key as usize] = false;
        }
        self.changed.clear();
        self.ranked.clear();
        self.moments = Moments::default();
    }
}
