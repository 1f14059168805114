//! Spearman's rank correlation over the rows where both numbers are known, exact in integers.
//!
//! Rows with the same number share the middle of their ranks; twice such a rank is an integer, and so are the sums of
//! their products. The correlation is that of Pearson over ranks:
//! `(Σ rₐ·r_b − c) / √((Σ rₐ² − c)·(Σ r_b² − c))` with `c = n(n+1)²` for doubled ranks.
//! Source: C. Spearman, "The proof and measurement of association between two things", 1904.

use std::borrow::Cow;

/// The least rows that both numbers of a pair must have: of fewer, any correlation may be chance.
pub const LEAST_PAIRS: usize = 10;

/// The rank correlation of two columns over the rows that have both, from −1 to 1; `None` of fewer than [`LEAST_PAIRS`]
/// rows, or where one of the two is the same in all of them. What is not finite is missing.
pub fn rank_correlation(first: &[Option<f64>], second: &[Option<f64>]) -> Option<f64> {
    correlation(&Ranked::of(first), &Ranked::of(second))
}

/// A column with its rows in the order of their numbers.
pub(super) struct Ranked {
    /// Which rows have a number.
    known: Vec<bool>,
    /// Those rows, ascending.
    order: Vec<usize>,
    /// The place of each row's number among the different numbers.
    level: Vec<usize>,
    /// How many different numbers there are.
    levels: usize,
    /// Doubled ranks among all known rows; 0 where there is none.
    ranks: Vec<u64>,
}

impl Ranked {
    pub(super) fn of(values: &[Option<f64>]) -> Self {
        let values: Vec<Option<f64>> = values.iter().map(|value| super::published::finite(*value)).collect();
        let mut numbers: Vec<(f64, usize)> =
            values.iter().enumerate().filter_map(|(row, value)| Some(((*value)?, row))).collect();
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut level = vec![0; values.len()];
        let mut levels = 0;
        for (at, (number, row)) in numbers.iter().enumerate() {
            if at == 0 || numbers[at - 1].0 < *number {
                levels += 1;
            }
            level[*row] = levels;
        }
        let known: Vec<bool> = values.iter().map(Option::is_some).collect();
        let order = numbers.into_iter().map(|(_, row)| row).collect();
        let mut ranked = Self { known, order, level, levels, ranks: Vec::new() };
        ranked.ranks = ranked.ranks_among(&ranked.known);
        ranked
    }

    /// How many rows have a number.
    pub(super) fn count(&self) -> usize {
        self.order.len()
    }

    /// How many different numbers there are.
    pub(super) fn levels(&self) -> usize {
        self.levels
    }

    /// Doubled ranks of the rows of a selection; 0 elsewhere.
    pub(super) fn ranks_among(&self, selected: &[bool]) -> Vec<u64> {
        let mut ranks = vec![0; self.known.len()];
        let rows: Vec<usize> = self.order.iter().copied().filter(|row| selected[*row]).collect();
        let mut begin = 0;
        for alike in rows.chunk_by(|a, b| self.level[*a] == self.level[*b]) {
            let end = begin + alike.len();
            // The middle of the ranks from begin + 1 to end, twice.
            alike.iter().for_each(|row| ranks[*row] = (begin + 1 + end) as u64);
            begin = end;
        }
        ranks
    }

    /// The same, where the selection is of rows that are known.
    fn within(&self, selected: &[bool]) -> Cow<'_, [u64]> {
        if selected == self.known {
            Cow::Borrowed(&self.ranks)
        } else {
            Cow::Owned(self.ranks_among(selected))
        }
    }
}

/// The rank correlation of two columns of the same rows.
pub(super) fn correlation(first: &Ranked, second: &Ranked) -> Option<f64> {
    let both: Vec<bool> = first.known.iter().zip(&second.known).map(|(a, b)| *a && *b).collect();
    let count = both.iter().filter(|both| **both).count();
    if count < LEAST_PAIRS {
        return None;
    }
    let (a, b) = (&first.within(&both), &second.within(&both));
    let count = count as i128;
    let moved = |left: &[u64], right: &[u64]| products(left, right) - count * (count + 1).pow(2);
    let (together, own, other) = (moved(a, b), moved(a, a), moved(b, b));
    if own == 0 || other == 0 {
        return None;
    }
    Some((together as f64 / (own as f64 * other as f64).sqrt()).clamp(-1.0, 1.0))
}

fn products(left: &[u64], right: &[u64]) -> i128 {
    left.iter().zip(right).map(|(a, b)| i128::from(a * b)).sum()
}
