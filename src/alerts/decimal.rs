//! Scores as decimals, so that a fall of 20.0 is not one of 20.000000000000004.

use std::fmt;
use std::ops::{Add, Neg, Sub};

/// Units of one: scores are decimals with ten digits after the point.
const ONE: i64 = 10_000_000_000;

/// Digits after the point that are kept.
const DIGITS: u8 = 10;

/// A decimal with ten digits after the point: a published score, a change, a threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

impl Decimal {
    /// Digits after the point of what is read as it is.
    pub const ALL_DIGITS: u8 = DIGITS;

    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A whole number.
    pub const fn whole(number: i32) -> Self {
        Self(number as i64 * ONE)
    }

    /// The last of so many digits after the point.
    pub fn step(digits: u8) -> Self {
        Self(10_i64.pow(u32::from(DIGITS - digits.min(DIGITS))))
    }

    /// The decimal that a double stands for, rounded to some digits, half away from zero: 70.05 is 70.1 with one digit,
    /// though the double lies below it. `None` for what is not finite or beyond what scores can be.
    pub fn rounded(number: f64, digits: u8) -> Option<Self> {
        // A score is the double nearest to a decimal with ten digits, and at most 100000 at the ends of its scale.
        let units = (number * ONE as f64).round();
        (units.abs() < 1e17).then(|| Self(units as i64).to_digits(digits))
    }

    /// The decimal that a double stands for, with all of its ten digits.
    pub fn exact(number: f64) -> Option<Self> {
        Self::rounded(number, DIGITS)
    }

    /// Rounded to some digits, half away from zero.
    #[must_use]
    pub fn to_digits(self, digits: u8) -> Self {
        let Self(step) = Self::step(digits);
        let away = if self.0 < 0 { -(step / 2) } else { step / 2 };
        Self((self.0 + away) / step * step)
    }

    /// Half of it, rounded up where it has no half: what is at least half of it is at least this.
    #[must_use]
    pub fn half(self) -> Self {
        Self(self.0.div_euclid(2) + self.0.rem_euclid(2))
    }

    /// A number in the middle of two.
    #[must_use]
    pub fn middle(self, other: Self) -> Self {
        Self((self.0 + other.0) / 2)
    }

    /// Some share of it.
    #[must_use]
    pub fn share(self, share: f64) -> Self {
        Self((self.0 as f64 * share).round() as i64)
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// In text with a fixed number of digits after the point.
    pub fn with_digits(self, digits: u8) -> String {
        let digits = digits.min(DIGITS);
        let rounded = self.to_digits(digits);
        let sign = if rounded.0 < 0 { "-" } else { "" };
        let (whole, rest) = (rounded.0.unsigned_abs() / ONE as u64, rounded.0.unsigned_abs() % ONE as u64);
        if digits == 0 {
            return format!("{sign}{whole}");
        }
        let rest = format!("{rest:010}");
        format!("{sign}{whole}.{}", &rest[..usize::from(digits)])
    }
}

impl Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Decimal {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Decimal {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

/// Without zeros at its end: 40, 59.95.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.with_digits(DIGITS);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}
