//! `gini(key, amount)`: the Gini coefficient of the totals of keys, how unequal they are.
//!
//! With totals in ascending order `x₁ ≤ … ≤ xₙ`, `G = (2 Σ i·xᵢ − (n + 1) Σ xᵢ) / (n Σ xᵢ)`: 0 when all are equal
//! (so also for one key), towards 1 when one of many keys holds nearly everything. This is half the relative mean
//! absolute difference of C. Gini (1912) in the ranked form of A. Sen, "On Economic Inequality" (1973), for the
//! population at hand, without the small-sample factor n/(n−1).

use arrow::datatypes::i256;

use super::moments::{Moments, product, to_f64};

/// The coefficient of totals that are all above zero, ascending and at least one.
pub(super) fn gini(moments: &Moments, ascending: impl Iterator<Item = i128>) -> f64 {
    let keys = i128::from(moments.keys);
    // Σ (2i − n − 1)·xᵢ: each weight is below n in size, so every partial sum is below n Σ x.
    let weights = (1 - keys..).step_by(2);
    if moments.fits_half() {
        let excess: i128 = ascending.zip(weights).map(|(total, weight)| total * weight).sum();
        excess as f64 / (keys * moments.sum) as f64
    } else {
        let excess = ascending
            .zip(weights)
            .fold(i256::ZERO, |sum, (total, weight)| sum.wrapping_add(product(total, weight)));
        to_f64(excess) / to_f64(product(keys, moments.sum))
    }
}
