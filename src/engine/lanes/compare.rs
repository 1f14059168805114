//! Comparisons of lanes, in the order by which DataFusion compares doubles.

use super::buffer::{LANES, Mask};
use super::program::Comparison;

type Doubles = [f64; LANES];

/// The lanes of which a comparison is true, or (`is` false) false.
///
/// The order is that of [`f64::total_cmp`] with one zero. Among numbers that are none it differs from the processor's
/// own; where there are none of those, the processor's is much faster.
pub(super) fn compare(comparison: Comparison, is: bool, left: &Doubles, right: &Doubles, mask: &mut Mask) {
    let ordinary = !has_nan(left) && !has_nan(right);
    let flip = u64::from(!is).wrapping_neg();
    match (comparison, ordinary) {
        (Comparison::Less, true) => each(left, right, mask, flip, |a, b| a < b),
        (Comparison::AtMost, true) => each(left, right, mask, flip, |a, b| a <= b),
        (Comparison::Equal, true) => each(left, right, mask, flip, |a, b| a == b),
        (Comparison::Less, false) => each(left, right, mask, flip, |a, b| order(a) < order(b)),
        (Comparison::AtMost, false) => each(left, right, mask, flip, |a, b| order(a) <= order(b)),
        (Comparison::Equal, false) => each(left, right, mask, flip, |a, b| order(a) == order(b)),
    }
}

fn has_nan(values: &Doubles) -> bool {
    values.iter().fold(false, |found, value| found | value.is_nan())
}

fn each(left: &Doubles, right: &Doubles, mask: &mut Mask, flip: u64, is: impl Fn(f64, f64) -> bool) {
    for ((a, b), mask) in left.iter().zip(right).zip(mask) {
        *mask = u64::from(is(*a, *b)).wrapping_neg() ^ flip;
    }
}

/// An integer in the place of a double in the order.
fn order(value: f64) -> i64 {
    let value = if value == 0.0 { 0.0 } else { value };
    let bits = value.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}
