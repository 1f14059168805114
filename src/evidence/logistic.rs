//! Logistic regression with a ridge, with weights of either sign or none below zero.
//!
//! Found is the least of −Σ log-likelihood + ridge/2 · Σ weight², the intercept not held back: what scikit-learn's
//! `LogisticRegression(C = 1 / ridge)` finds. Each round is a Newton step on the columns' products, solved column by column so
//! that a weight can be held at zero (J. Friedman, T. Hastie, R. Tibshirani, "Regularization paths for generalized linear
//! models via coordinate descent", 2010), and halved where it would climb.

/// The most rounds; ten are usual.
const ROUNDS: usize = 60;
/// The most passes over the columns in a round.
const PASSES: usize = 10_000;
/// A step of this size is none.
const STILL: f64 = 1e-10;

/// Weights of columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// What a row of zeros has.
    pub intercept: f64,
    /// One weight a column.
    pub weights: Vec<f64>,
}

/// What weights may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Anything.
    Either,
    /// Zero or more.
    NotBelowZero,
}

impl Logistic {
    /// Fits weights of columns, each with a number for every row, to what happened; `None` where all rows are alike in that.
    pub fn fit(columns: &[Vec<f64>], happened: &[bool], ridge: f64, sign: Sign) -> Option<Self> {
        let count = happened.iter().filter(|happened| **happened).count();
        if count == 0 || count == happened.len() {
            return None;
        }
        let share = count as f64 / happened.len() as f64;
        let mut found = Self { intercept: (share / (1.0 - share)).ln(), weights: vec![0.0; columns.len()] };
        let mut cost = found.cost(columns, happened, ridge);
        for _ in 0..ROUNDS {
            let step = found.step(columns, happened, ridge, sign);
            let mut part = 1.0;
            let better = loop {
                let next = found.moved(&step, part);
                let next_cost = next.cost(columns, happened, ridge);
                if next_cost <= cost {
                    break Some((next, next_cost));
                }
                part /= 2.0;
                if part < STILL {
                    break None;
                }
            };
            let Some((next, next_cost)) = better else { break };
            (found, cost) = (next, next_cost);
            if step.iter().all(|step| step.abs() < STILL) {
                break;
            }
        }
        Some(found)
    }

    /// The log-odds of every row.
    pub fn log_odds(&self, columns: &[Vec<f64>], rows: usize) -> Vec<f64> {
        let mut found = vec![self.intercept; rows];
        for (weight, column) in self.weights.iter().zip(columns).filter(|(weight, _)| **weight != 0.0) {
            found.iter_mut().zip(column).for_each(|(sum, value)| *sum += weight * value);
        }
        found
    }

    /// What is made least: minus the log-likelihood, and what weights are held back by.
    pub(crate) fn cost(&self, columns: &[Vec<f64>], happened: &[bool], ridge: f64) -> f64 {
        let odds = self.log_odds(columns, happened.len());
        let rows = odds.iter().zip(happened).map(|(odds, happened)| {
            let against = if *happened { -odds } else { *odds };
            // log(1 + exp(x)), without overflow.
            against.max(0.0) + (-against.abs()).exp().ln_1p()
        });
        rows.sum::<f64>() + ridge / 2.0 * self.weights.iter().map(|weight| weight * weight).sum::<f64>()
    }

    /// The step to the least of the parabola that touches the cost here; the intercept's comes last.
    fn step(&self, columns: &[Vec<f64>], happened: &[bool], ridge: f64, sign: Sign) -> Vec<f64> {
        let odds = self.log_odds(columns, happened.len());
        let chance: Vec<f64> = odds.iter().map(|odds| 1.0 / (1.0 + (-odds).exp())).collect();
        let curve: Vec<f64> = chance.iter().map(|p| (p * (1.0 - p)).max(1e-12)).collect();
        let off: Vec<f64> =
            chance.iter().zip(happened).map(|(p, happened)| p - f64::from(u8::from(*happened))).collect();
        let ones = vec![1.0; happened.len()];
        let all: Vec<&Vec<f64>> = columns.iter().chain([&ones]).collect();
        let count = all.len();
        let held = |at: usize| if at + 1 < count { ridge } else { 0.0 };
        let mut bend = vec![vec![0.0; count]; count];
        let mut slope = vec![0.0; count];
        for (at, column) in all.iter().enumerate() {
            let weighted: Vec<f64> = column.iter().zip(&curve).map(|(value, curve)| value * curve).collect();
            for (other, column) in all.iter().enumerate().skip(at) {
                let product = weighted.iter().zip(*column).map(|(a, b)| a * b).sum();
                (bend[at][other], bend[other][at]) = (product, product);
            }
            bend[at][at] += held(at);
            let own = self.weights.get(at).copied().unwrap_or_default();
            slope[at] = column.iter().zip(&off).map(|(a, b)| a * b).sum::<f64>() + held(at) * own;
        }
        let floor = |at: usize| match (sign, self.weights.get(at)) {
            (Sign::NotBelowZero, Some(own)) => -own,
            _ => f64::NEG_INFINITY,
        };
        let mut step = vec![0.0; count];
        for _ in 0..PASSES {
            let mut greatest = 0.0_f64;
            for at in 0..count {
                let rest: f64 = bend[at].iter().zip(&step).map(|(bend, step)| bend * step).sum();
                if bend[at][at] <= 0.0 {
                    continue;
                }
                let next = (step[at] - (slope[at] + rest) / bend[at][at]).max(floor(at));
                greatest = greatest.max((next - step[at]).abs());
                step[at] = next;
            }
            if greatest < STILL / 10.0 {
                break;
            }
        }
        step
    }

    fn moved(&self, step: &[f64], part: f64) -> Self {
        let weights = self.weights.iter().zip(step).map(|(weight, step)| {
            let next = weight + part * step;
            if next.abs() < 1e-14 { 0.0 } else { next }
        });
        let intercept = self.intercept + part * step.last().copied().unwrap_or_default();
        Self { intercept, weights: weights.collect() }
    }
}
