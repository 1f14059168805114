//! `median_total(key, amount)`: the median of the totals of keys, such as the length of sessions whose events each tell
//! some seconds.
//!
//! With totals in ascending order `x₁ ≤ … ≤ xₙ`, the one in the middle, or half the sum of the two in the middle. Other
//! than for a share, a key with a total of zero or less counts as well: a session without usage is a session.

/// The median of at least one total, ascending.
pub(super) fn median_total(mut ascending: impl Iterator<Item = i128>, count: usize) -> Option<f64> {
    let low = ascending.nth((count - 1) / 2)?;
    let high = if count.is_multiple_of(2) { ascending.next()? } else { low };
    // Halves of integers below 2⁵³ are exact.
    Some(match low.checked_add(high) {
        Some(sum) => sum as f64 / 2.0,
        None => low as f64 / 2.0 + high as f64 / 2.0,
    })
}
