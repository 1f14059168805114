//! `hhi(key, amount)`: the Herfindahl–Hirschman index, the sum of the squared shares of all keys.
//!
//! With totals `c₁ … cₙ > 0`, `HHI = Σ cᵢ² / (Σ cᵢ)²`: 1 when one key holds everything, `1/n` when `n` keys hold
//! equal parts. It is the index of A. O. Hirschman (1945) and O. C. Herfindahl (1950), on the scale from 0 to 1;
//! Hirschman, "The Paternity of an Index", American Economic Review 54 (1964). Merger guidelines print it times 10,000.

use super::moments::{Moments, product, to_f64};

/// The index of totals that are all above zero and at least one.
pub(super) fn hhi(moments: &Moments, totals: impl Iterator<Item = i128>) -> f64 {
    moments.sum_of_squares(totals) / square(moments)
}

fn square(moments: &Moments) -> f64 {
    if moments.fits_half() {
        (moments.sum * moments.sum) as f64
    } else {
        to_f64(product(moments.sum, moments.sum))
    }
}
