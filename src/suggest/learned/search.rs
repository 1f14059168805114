//! Which few metrics, in bins, and with which weights, tell best who is lost.
//!
//! Every metric is cut by what became of accounts; then, one after the other, the one is taken that makes the likelihood of a
//! logistic regression on points, none of whose weights is below zero, the greatest, as long as it grows by more than half the
//! logarithm of the number of rows and the logarithm of how many metrics were tried (J. Chen, Z. Chen, "Extended Bayesian
//! information criteria for model selection with large model spaces", 2008). The points that are chosen by, and weighed, are
//! those of bins cut in the other half of the accounts: what is cut where it happens to tell most tells nothing there. All of
//! it is learned from some rows, and told on others.

use crate::evidence::forward::RIDGE;
use crate::evidence::{Logistic, Sign};

use super::separated::{Separated, separated};

/// The least share of rows that must have a metric.
const LEAST_KNOWN: f64 = 0.5;
/// The most metrics that are tried together: those that tell most by themselves.
const MOST_TRIED: usize = 40;

/// A metric of a score that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Which of the metrics.
    pub metric: usize,
    /// Its bins.
    pub bins: Separated,
    /// Its weight, above zero.
    pub weight: f64,
}

/// A score that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its parts, the heaviest first.
    pub parts: Vec<Part>,
}

impl Found {
    /// The score of some rows: the mean of points by weight, from 0 to 10.
    pub fn score(&self, metrics: &[&Vec<Option<f64>>], rows: &[usize]) -> Vec<f64> {
        let all: f64 = self.parts.iter().map(|part| part.weight).sum();
        let row = |row: &usize| {
            let points =
                self.parts.iter().map(|part| part.weight * part.bins.points(metrics[part.metric][*row]));
            points.sum::<f64>() / all
        };
        rows.iter().map(row).collect()
    }
}

/// A metric with its points on the rows that are learned from, less their mean.
struct Tried {
    metric: usize,
    bins: Separated,
    points: Vec<f64>,
    likelihood: f64,
}

/// Finds a score of at most so many metrics, each in at most so many bins, from some rows, whose accounts are in one half or
/// the other; `None` where nothing tells anything.
pub fn search(
    metrics: &[&Vec<Option<f64>>],
    (lost, half): (&[bool], &[bool]),
    from: &[usize],
    (most, bins): (usize, usize),
) -> Option<Found> {
    let kept: Vec<bool> = from.iter().map(|row| !lost[*row]).collect();
    let mut tried: Vec<Tried> = metrics
        .iter()
        .enumerate()
        .filter_map(|(metric, values)| try_alone((metric, values), half, from, &kept, bins))
        .collect();
    tried.sort_by(|a, b| b.likelihood.total_cmp(&a.likelihood).then(a.metric.cmp(&b.metric)));
    tried.truncate(MOST_TRIED);
    let mut chosen: Vec<usize> = Vec::new();
    let (price, share) = (
        0.5 * (from.len() as f64).ln() + (tried.len().max(1) as f64).ln(),
        kept.iter().filter(|kept| **kept).count() as f64 / from.len() as f64,
    );
    // What is reached without any metric.
    let mut best = from.len() as f64 * (share * share.ln() + (1.0 - share) * (1.0 - share).ln());
    while chosen.len() < most {
        let left = (0..tried.len()).filter(|at| !chosen.contains(at));
        let with = |at: usize| {
            let columns: Vec<Vec<f64>> =
                chosen.iter().chain([&at]).map(|at| tried[*at].points.clone()).collect();
            Some((at, fitted(&columns, &kept)?.1))
        };
        let next = left.filter_map(with).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((at, likelihood)) = next.filter(|(_, likelihood)| *likelihood > best + price) else {
            break;
        };
        chosen.push(at);
        best = likelihood;
    }
    let columns: Vec<Vec<f64>> = chosen.iter().map(|at| tried[*at].points.clone()).collect();
    let weights = fitted(&columns, &kept)?.0.weights;
    let parts = chosen.into_iter().zip(weights).filter(|(_, weight)| *weight > 0.0);
    let mut parts: Vec<Part> = parts
        .map(|(at, weight)| Part { metric: tried[at].metric, bins: tried[at].bins.clone(), weight })
        .collect();
    parts.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.metric.cmp(&b.metric)));
    (!parts.is_empty()).then_some(Found { parts })
}

fn try_alone(
    (metric, values): (usize, &[Option<f64>]),
    half: &[bool],
    from: &[usize],
    kept: &[bool],
    bins: usize,
) -> Option<Tried> {
    let own: Vec<Option<f64>> = from.iter().map(|row| values[*row]).collect();
    if (own.iter().flatten().count() as f64) < LEAST_KNOWN * own.len() as f64 {
        return None;
    }
    let lost: Vec<bool> = kept.iter().map(|kept| !kept).collect();
    let mut points = vec![0.0; own.len()];
    for part in [false, true] {
        let of = |wanted: bool| (0..own.len()).filter(move |at| (half[from[*at]] == part) == wanted);
        let (values, gone): (Vec<Option<f64>>, Vec<bool>) = of(false).map(|at| (own[at], lost[at])).unzip();
        let Some(cut) = separated(&values, &gone, bins) else { continue };
        let told = centred(cut.column(of(true).map(|at| own[at])));
        of(true).zip(told).for_each(|(at, own)| points[at] = own);
    }
    let bins = separated(&own, &lost, bins)?;
    let likelihood = fitted(std::slice::from_ref(&points), kept)?.1;
    Some(Tried { metric, bins, points, likelihood })
}

/// Points less their mean.
pub(super) fn centred(mut points: Vec<f64>) -> Vec<f64> {
    let mean = points.iter().sum::<f64>() / points.len().max(1) as f64;
    points.iter_mut().for_each(|points| *points -= mean);
    points
}

/// Weights of points, none below zero, and the likelihood that they reach.
fn fitted(columns: &[Vec<f64>], kept: &[bool]) -> Option<(Logistic, f64)> {
    let found = Logistic::fit(columns, kept, RIDGE, Sign::NotBelowZero)?;
    let likelihood = -found.cost(columns, kept, RIDGE);
    Some((found, likelihood))
}

/// Weights as people write them: whole numbers, the greatest 10, none that counts below 1.
pub(super) fn plain(weights: &[f64]) -> Vec<u32> {
    let greatest = weights.iter().copied().fold(0.0, f64::max);
    let one =
        |weight: &f64| if *weight <= 0.0 { 0 } else { ((weight / greatest * 10.0).round() as u32).max(1) };
    weights.iter().map(one).collect()
}
