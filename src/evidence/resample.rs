//! Intervals of numbers that are made of many rows of the same accounts: accounts are drawn again, with all of their rows.
//!
//! Rows of one account on several days are one observation, and so are accounts of one parent: each draw takes as many of
//! these clusters as there are, each as often as chance has it, and computes the number anew. The middle 95 of 100 results are
//! the interval (B. Efron, "Bootstrap methods: another look at the jackknife", 1979; percentile intervals).
//!
//! Draws are the same in every run: their generator is ChaCha8 with a fixed seed, and clusters are numbered in the order of
//! their names, so that the order of rows changes nothing.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// How often accounts are drawn again.
pub const DRAWS: usize = 400;

/// The seed of all draws.
const SEED: u64 = 20_260_930;

/// The least share of draws in which a number must be known, for its interval to be told.
const LEAST_KNOWN: f64 = 0.9;

/// Where 95 of 100 results lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// 25 of 1,000 lie below.
    pub from: f64,
    /// 25 of 1,000 lie above.
    pub to: f64,
}

impl Interval {
    /// Whether a number may be that of chance.
    pub fn covers(&self, number: f64) -> bool {
        (self.from..=self.to).contains(&number)
    }
}

/// Which rows belong together, and how often each was drawn, time and again.
#[derive(Debug, Clone)]
pub struct Draws {
    /// The cluster of each row.
    of_row: Vec<u32>,
    /// How often each cluster was drawn: one list a draw.
    drawn: Vec<Vec<u16>>,
}

impl Draws {
    /// Draws clusters, by the name of that of each row.
    pub fn of(clusters: &[&str]) -> Self {
        let mut numbers: BTreeMap<&str, u32> = clusters.iter().map(|name| (*name, 0)).collect();
        (0..).zip(numbers.values_mut()).for_each(|(at, number)| *number = at);
        let of_row = clusters.iter().map(|name| numbers[name]).collect();
        let count = numbers.len();
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let mut draw = || {
            let mut times = vec![0_u16; count];
            for _ in 0..count {
                let at = (u64::from(random.next_u32()) * count as u64) >> 32;
                times[at as usize] = times[at as usize].saturating_add(1);
            }
            times
        };
        let drawn = (0..DRAWS).map(|_| draw()).collect();
        Self { of_row, drawn }
    }

    /// The interval of a number that is computed from weights of the rows; `None` where it is unknown in more than a tenth
    /// of the draws. `weight` is that of each row in the number itself.
    pub fn interval(&self, weight: &[f64], number: impl Fn(&[f64]) -> Option<f64>) -> Option<Interval> {
        let mut found = self.numbers(weight, number)?;
        found.sort_by(f64::total_cmp);
        Some(Interval { from: quantile(&found, 0.025), to: quantile(&found, 0.975) })
    }

    /// The standard error of such a number: the deviation of what the draws give; `None` as for the interval.
    pub fn error(&self, weight: &[f64], number: impl Fn(&[f64]) -> Option<f64>) -> Option<f64> {
        let found = self.numbers(weight, number)?;
        let mean = found.iter().sum::<f64>() / found.len() as f64;
        let squares: f64 = found.iter().map(|number| (number - mean).powi(2)).sum();
        Some((squares / (found.len() - 1).max(1) as f64).sqrt())
    }

    fn numbers(&self, weight: &[f64], number: impl Fn(&[f64]) -> Option<f64>) -> Option<Vec<f64>> {
        let mut found: Vec<f64> = Vec::with_capacity(self.drawn.len());
        let mut weights = vec![0.0; weight.len()];
        for drawn in &self.drawn {
            for (row, own) in weight.iter().enumerate() {
                weights[row] = own * f64::from(drawn[self.of_row[row] as usize]);
            }
            found.extend(number(&weights).filter(|number| number.is_finite()));
        }
        let is_known = found.len() as f64 >= LEAST_KNOWN * self.drawn.len() as f64;
        (is_known && !found.is_empty()).then_some(found)
    }
}

/// The number below which a share of sorted numbers lies, in a straight line between two of them.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * (place - place.floor())
}

/// In which half of all accounts each row's is, by a hash of its cluster's name: what is learned from one half may be told on
/// the other.
pub(crate) fn halves(clusters: &[&str]) -> Vec<bool> {
    clusters.iter().map(|name| Sha256::digest(name.as_bytes())[0] % 2 == 0).collect()
}
