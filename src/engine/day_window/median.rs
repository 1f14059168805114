//! The middle of the values of sliding frames, exactly: days enter at the end and leave at the start.

use std::ops::Range;

use datafusion::common::Result;

use super::values::ValuesByDay;

/// Counts the values of a frame by their rank among all values of an account, in a Fenwick tree (P. M. Fenwick, "A New
/// Data Structure for Cumulative Frequency Tables", Software: Practice and Experience 24, 1994): a value enters,
/// leaves, or is found by its place in the order in logarithmic time.
#[derive(Debug, Default)]
pub(super) struct Medians {
    /// The distinct codes of an account in ascending order.
    distinct: Vec<i64>,
    /// For each value of the account, its place in `distinct`.
    ranks: Vec<u32>,
    /// Node `i` counts the values of the ranks `i - lowbit(i) .. i`.
    tree: Vec<u32>,
    count: u32,
}

impl Medians {
    /// Gives for every frame its two middle codes, the same one twice where the number of values is odd; `None` where
    /// there is no value, or where the frame's day is not wanted.
    pub(super) fn each(
        &mut self,
        values: &ValuesByDay,
        frames: &[Range<usize>],
        wanted: &[bool],
        mut give: impl FnMut(Option<(i64, i64)>) -> Result<()>,
    ) -> Result<()> {
        self.rank(&values.codes);
        let (mut start, mut end) = (0, 0);
        for (frame, wanted) in frames.iter().zip(wanted) {
            while end < frame.end {
                values.places(end).for_each(|at| self.enter(at));
                end += 1;
            }
            while start < frame.start {
                values.places(start).for_each(|at| self.leave(at));
                start += 1;
            }
            give(if *wanted { self.middle() } else { None })?;
        }
        Ok(())
    }

    /// Starts anew with an account's values, none of which is in the frame.
    fn rank(&mut self, codes: &[i64]) {
        self.distinct.clear();
        self.distinct.extend_from_slice(codes);
        self.distinct.sort_unstable();
        self.distinct.dedup();
        self.ranks.clear();
        self.ranks
            .extend(codes.iter().map(|code| self.distinct.partition_point(|known| known < code) as u32));
        self.tree.clear();
        self.tree.resize(self.distinct.len() + 1, 0);
        self.count = 0;
    }

    fn enter(&mut self, at: usize) {
        self.count += 1;
        self.change(self.ranks[at], |count| count + 1);
    }

    fn leave(&mut self, at: usize) {
        self.count -= 1;
        self.change(self.ranks[at], |count| count - 1);
    }

    fn change(&mut self, rank: u32, change: impl Fn(u32) -> u32) {
        let mut node = rank as usize + 1;
        while let Some(count) = self.tree.get_mut(node) {
            *count = change(*count);
            node += node & node.wrapping_neg();
        }
    }

    fn middle(&self) -> Option<(i64, i64)> {
        let last = self.count.checked_sub(1)?;
        Some((self.at(last / 2), self.at(self.count / 2)))
    }

    /// The code at a place among the values of the frame, counted from 0.
    fn at(&self, place: u32) -> i64 {
        let (mut node, mut left) = (0, place);
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            if let Some(count) = self.tree.get(node + step)
                && *count <= left
            {
                left -= count;
                node += step;
            }
            step /= 2;
        }
        self.distinct[node]
    }
}
