//! From the totals of keys to a statistic of how they share the whole.

use arrow::datatypes::i256;
use datafusion::common::{Result, exec_err};

use super::{gini::gini, hhi::hhi, median_total::median_total, top_share::top_share};

/// Which statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Statistic {
    /// Herfindahl–Hirschman index.
    Hhi,
    /// Gini coefficient.
    Gini,
    /// Share of the largest keys, this many.
    TopShare(usize),
    /// The middle total.
    MedianTotal,
}

impl Statistic {
    /// Whether it needs the totals in ascending order, beyond their moments.
    pub(crate) fn needs_ranking(self) -> bool {
        !matches!(self, Self::Hhi)
    }

    /// Whether a key counts with this total: only what is above zero is a share of something.
    pub(crate) fn counts(self, total: i128) -> bool {
        total > 0 || matches!(self, Self::MedianTotal)
    }

    /// The statistic of all totals that [count](Self::counts); `None` when there are none.
    /// `totals` must be in ascending order where [`Self::needs_ranking`].
    pub(crate) fn of<I>(self, moments: &Moments, totals: I) -> Option<f64>
    where
        I: DoubleEndedIterator<Item = i128> + Clone,
    {
        if let Self::MedianTotal = self {
            let count = totals.clone().count();
            return if count == 0 { None } else { median_total(totals, count) };
        }
        if moments.keys == 0 {
            return None;
        }
        Some(match self {
            Self::Hhi => hhi(moments, totals),
            Self::Gini => gini(moments, totals),
            Self::TopShare(n) => top_share(moments, totals, n),
            Self::MedianTotal => return None,
        })
    }
}

/// Count, sum and sum of squares of the totals above zero, kept up to date as totals change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moments {
    /// How many totals are above zero.
    pub(crate) keys: u64,
    /// Their sum.
    pub(crate) sum: i128,
    /// The sum of their squares, modulo 2^128: exact whenever `sum` is below 2^64.
    squares: u128,
}

impl Moments {
    /// One key's total went from `before` to `after`. The sum over keys must fit 128 bits.
    pub(crate) fn change(&mut self, before: i128, after: i128) -> Result<()> {
        if before > 0 {
            self.keys -= 1;
            self.sum -= before;
            self.squares = self.squares.wrapping_sub((before as u128).wrapping_mul(before as u128));
        }
        if after > 0 {
            self.keys += 1;
            let Some(sum) = self.sum.checked_add(after) else {
                return exec_err!("the amounts of all keys together overflow 128 bits");
            };
            self.sum = sum;
            self.squares = self.squares.wrapping_add((after as u128).wrapping_mul(after as u128));
        }
        Ok(())
    }

    /// The exact sum of squares as a double; large totals are squared again in 256 bits.
    pub(super) fn sum_of_squares(&self, totals: impl Iterator<Item = i128>) -> f64 {
        if self.fits_half() {
            return self.squares as f64;
        }
        to_f64(totals.fold(i256::ZERO, |sum, total| sum.wrapping_add(product(total, total))))
    }

    /// Whether the product of two totals, or of a total and a count, fits 128 bits.
    pub(super) fn fits_half(&self) -> bool {
        self.sum < 1 << 63
    }
}

/// The product of two integers, which always fits 256 bits.
pub(super) fn product(a: i128, b: i128) -> i256 {
    i256::from_i128(a).wrapping_mul(i256::from_i128(b))
}

/// The double nearest to the upper and lower halves taken together.
pub(super) fn to_f64(value: i256) -> f64 {
    let (low, high) = value.to_parts();
    high as f64 * 2f64.powi(128) + low as f64
}
