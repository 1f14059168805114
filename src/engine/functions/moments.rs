//! What is known of all totals together, kept up to date as single totals change; products that outgrow 128 bits.

use arrow::datatypes::i256;
use datafusion::common::{Result, exec_err};

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
