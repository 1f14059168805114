//! `top_share(key, amount, n)`: the share of the whole that the `n` largest keys hold.
//!
//! With totals in descending order, `(x₁ + … + xₙ) / Σ xᵢ`: the concentration ratio CRₙ of industrial economics
//! (M. A. Adelman, "The Measurement of Industrial Concentration", Review of Economics and Statistics 33, 1951).
//! 1 when there are no more than `n` keys.

use super::moments::Moments;

/// The share of totals that are all above zero, ascending and at least one.
pub(super) fn top_share(
    moments: &Moments,
    ascending: impl DoubleEndedIterator<Item = i128>,
    n: usize,
) -> f64 {
    let top: i128 = ascending.rev().take(n).sum();
    top as f64 / moments.sum as f64
}
