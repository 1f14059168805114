//! Where to cut a metric so that its bins tell who is lost.
//!
//! Begun is with at most twenty bins of about as many rows each, whose edges are easily said. Neighbours that are in the wrong
//! order are put together until the share that is lost falls, or rises, all the way (isotonic regression: R. Barlow and others,
//! 1972); then, until there are no more bins than wanted and none too small, the two whose parting tells least, by the
//! likelihood that is lost. Points go with the log-odds to stay, from 0 for the worst bin to 10 for the best.

use serde::Serialize;

use super::super::cuts::{bin_of, cuts};
use crate::evidence::Ordered;

/// Bins that are begun with.
const BEGUN_WITH: usize = 20;
/// The least share of the rows with a value that a bin has.
const LEAST_SHARE: f64 = 0.05;
/// The most bins, where it is not said.
pub const MOST_BINS: usize = 5;
/// What the best bin is worth.
const MOST_POINTS: f64 = 10.0;

/// A bin, and what became of those in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LearnedBin {
    /// The edge above, which is of the next bin; `None` of the last.
    pub below: Option<f64>,
    /// Rows in it.
    pub rows: usize,
    /// Lost ones.
    pub lost: usize,
    /// What it is worth, 0 to 10.
    pub points: f64,
}

/// Bins of a metric by which the lost are told, the lowest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Separated {
    /// The bins.
    pub bins: Vec<LearnedBin>,
    /// Whether a greater value is better.
    pub higher_is_better: bool,
    /// Points of a row without a value: those that an account has in the mean.
    pub missing: f64,
}

#[derive(Clone, Copy)]
struct Part {
    below: Option<f64>,
    rows: f64,
    lost: f64,
}

impl Part {
    fn share(self) -> f64 {
        self.lost / self.rows
    }

    fn with(self, next: Self) -> Self {
        Self { below: next.below, rows: self.rows + next.rows, lost: self.lost + next.lost }
    }

    fn likelihood(self) -> f64 {
        let share = (self.lost + 0.5) / (self.rows + 1.0);
        self.lost * share.ln() + (self.rows - self.lost) * (1.0 - share).ln()
    }

    /// Log-odds to stay; half a row of each kind is added, so that none is without end.
    fn odds(self) -> f64 {
        ((self.rows - self.lost + 0.5) / (self.lost + 0.5)).ln()
    }
}

/// Bins of a metric, from some rows with what became of them; `None` where no cut tells anything.
pub fn separated(values: &[Option<f64>], lost: &[bool], most: usize) -> Option<Separated> {
    let known: Vec<(f64, bool)> =
        values.iter().zip(lost).filter_map(|(value, lost)| Some(((*value)?, *lost))).collect();
    let mut sorted: Vec<f64> = known.iter().map(|(value, _)| *value).collect();
    sorted.sort_by(f64::total_cmp);
    let edges = cuts(&sorted, &[1.0; BEGUN_WITH]);
    let mut parts: Vec<Part> = edges
        .iter()
        .copied()
        .map(Some)
        .chain([None])
        .map(|below| Part { below, rows: 0.0, lost: 0.0 })
        .collect();
    for (value, lost) in &known {
        let part = &mut parts[bin_of(&edges, *value)];
        part.rows += 1.0;
        part.lost += f64::from(u8::from(*lost));
    }
    let auc = Ordered::of(values).auc(lost, &vec![1.0; lost.len()])?;
    let higher_is_better = auc >= 0.5;
    let parts = merged(monotone(parts, higher_is_better), known.len() as f64 * LEAST_SHARE, most);
    (parts.len() > 1).then(|| told(&parts, higher_is_better, known.len() as f64))
}

/// Neighbours in the wrong order put together.
fn monotone(parts: Vec<Part>, higher_is_better: bool) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    for part in parts.into_iter().filter(|part| part.rows > 0.0) {
        found.push(part);
        while let [.., before, last] = found.as_slice() {
            let is_in_order =
                if higher_is_better { before.share() > last.share() } else { before.share() < last.share() };
            if is_in_order {
                break;
            }
            let whole = before.with(*last);
            found.truncate(found.len() - 2);
            found.push(whole);
        }
    }
    found
}

/// The pairs whose parting tells least put together, until there are few enough and none is small.
fn merged(mut parts: Vec<Part>, least: f64, most: usize) -> Vec<Part> {
    loop {
        let is_small = |at: usize| parts[at].rows < least || parts[at + 1].rows < least;
        let all = 0..parts.len().saturating_sub(1);
        let small: Vec<usize> = all.clone().filter(|at| is_small(*at)).collect();
        let among: Vec<usize> = if parts.len() > most { all.collect() } else { small };
        let price = |at: &usize| {
            let (own, next) = (parts[*at], parts[at + 1]);
            own.likelihood() + next.likelihood() - own.with(next).likelihood()
        };
        let Some(at) = among.into_iter().min_by(|a, b| price(a).total_cmp(&price(b))) else { return parts };
        let next = parts.remove(at + 1);
        parts[at] = parts[at].with(next);
    }
}

fn told(parts: &[Part], higher_is_better: bool, rows: f64) -> Separated {
    let odds: Vec<f64> = parts.iter().map(|part| part.odds()).collect();
    let (low, high) =
        odds.iter().fold((f64::MAX, f64::MIN), |(low, high), odds| (low.min(*odds), high.max(*odds)));
    let range = if high > low { high - low } else { 1.0 };
    let bins: Vec<LearnedBin> = parts
        .iter()
        .zip(&odds)
        .map(|(part, odds)| LearnedBin {
            below: part.below,
            rows: part.rows as usize,
            lost: part.lost as usize,
            points: ((odds - low) / range * MOST_POINTS * 10.0).round() / 10.0,
        })
        .collect();
    let sum: f64 = bins.iter().map(|bin| bin.points * bin.rows as f64).sum();
    Separated { bins, higher_is_better, missing: sum / rows }
}

impl Separated {
    /// Points of a value; those of the mean account without one.
    pub fn points(&self, value: Option<f64>) -> f64 {
        let Some(value) = value else { return self.missing };
        let bin = self.bins.iter().find(|bin| bin.below.is_none_or(|below| value < below));
        bin.map_or(self.missing, |bin| bin.points)
    }

    /// The points of a column.
    pub fn column(&self, values: impl Iterator<Item = Option<f64>>) -> Vec<f64> {
        values.map(|value| self.points(value)).collect()
    }

    /// The bins as a component declares them, of so much indentation.
    pub fn yaml(&self, indent: usize) -> String {
        let space = " ".repeat(indent);
        let bin = |bin: &LearnedBin| match bin.below {
            Some(below) => format!("{space}- {{below: {below}, points: {}}}\n", bin.points),
            None => format!("{space}- {{points: {}}}\n", bin.points),
        };
        self.bins.iter().map(bin).collect()
    }
}
