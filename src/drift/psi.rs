//! One index of two spreads.

use std::collections::BTreeSet;

use serde::Serialize;

use super::spread::{Counts, Spot};

/// The least share that a bin counts with, so that an empty one has a logarithm.
pub const FLOOR: f64 = 1e-4;

/// Below, little has moved.
const LITTLE: f64 = 0.1;

/// Above, much has.
const MUCH: f64 = 0.25;

/// How much has moved, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drifted {
    /// Below 0.1.
    Little,
    /// From 0.1 to 0.25.
    Some,
    /// Above 0.25.
    Much,
}

impl Drifted {
    /// The word for an index.
    pub fn of(psi: f64) -> Self {
        match psi {
            psi if psi > MUCH => Self::Much,
            psi if psi >= LITTLE => Self::Some,
            _ => Self::Little,
        }
    }
}

/// Everywhere that rows of one or the other are.
pub(super) fn spots<'a>(all: impl IntoIterator<Item = &'a Counts>) -> BTreeSet<&'a Spot> {
    all.into_iter().flat_map(|counts| counts.keys()).collect()
}

/// The share of rows that are somewhere; 0 where there are none at all.
pub(super) fn share(counts: &Counts, spot: &Spot) -> f64 {
    let rows: u64 = counts.values().sum();
    if rows == 0 { 0.0 } else { counts.get(spot).copied().unwrap_or_default() as f64 / rows as f64 }
}

/// The population stability index of two spreads; `None` where one of them has no row.
pub(super) fn psi(then: &Counts, now: &Counts) -> Option<f64> {
    let is_empty = |counts: &Counts| counts.values().all(|rows| *rows == 0);
    if is_empty(then) || is_empty(now) {
        return None;
    }
    let part = |spot: &Spot| {
        let (p, q) = (share(now, spot).max(FLOOR), share(then, spot).max(FLOOR));
        (p - q) * (p / q).ln()
    };
    Some(spots([then, now]).into_iter().map(part).sum())
}

/// What two independent samples of as many rows would have on average, though nothing moved.
pub(super) fn by_chance(then: &Counts, now: &Counts) -> Option<f64> {
    let (n, m): (u64, u64) = (then.values().sum(), now.values().sum());
    let bins = spots([then, now]).len();
    (n > 0 && m > 0).then(|| bins.saturating_sub(1) as f64 * (1.0 / n as f64 + 1.0 / m as f64))
}
