//! A kept score and the computed one.

use chrono::NaiveDate;

/// A row of the file beside what is computed of it.
pub(super) struct Pair {
    pub(super) account: String,
    pub(super) day: NaiveDate,
    /// The kept score, as it was written.
    pub(super) kept: String,
    /// The same as a number; `None` of words.
    pub(super) number: Option<f64>,
    /// The computed score before overrides.
    pub(super) score: f64,
    /// Its tier.
    pub(super) tier: String,
}
