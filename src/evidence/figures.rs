//! How well a number tells who is lost: the figures that are told of a score, of a component, of whatever stands beside it.

use serde::Serialize;

use super::ordered::{Lowest, Ordered};
use super::panel::Panel;
use super::resample::{Draws, Interval};
use super::within::ByDay;

/// The least lost rows, and kept ones, for any figure to be told.
pub const LEAST_FOR_FIGURES: usize = 20;

/// A number with the range in which 95 of 100 such numbers lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    /// The number.
    pub value: f64,
    /// Its interval; `None` where draws do not tell it.
    pub interval: Option<Interval>,
}

/// How well a number tells who is lost: low numbers are to be the lost ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Rows with a number.
    pub rows: usize,
    /// Lost ones among them.
    pub lost: usize,
    /// The chance that, of two rows of a day, the kept one has the higher number, 0 to 1: 0.5 says nothing.
    pub auc: Figure,
    /// The same with each row counted by its ARR; `None` without ARR.
    pub auc_by_arr: Option<f64>,
    /// Mean precision at which the lost are found, over all days; what was lost of all is no better than chance.
    pub average_precision: Figure,
    /// Share of these rows that was lost.
    pub base_rate: f64,
    /// What the lowest of each day find.
    pub lowest: Lowest,
    /// The interval of its lift.
    pub lift_interval: Option<Interval>,
    /// The greatest distance between the shares of lost and kept below a number (Kolmogorov, Smirnov).
    pub distance: f64,
}

/// By how much one number tells better than another, on the rows that have both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gain {
    /// AUC of the one less that of the other.
    pub auc: f64,
    /// Its interval, of the same draws for both.
    pub interval: Option<Interval>,
    /// Rows that have both.
    pub rows: usize,
}

impl Gain {
    /// Whether it may be chance.
    pub fn is_noise(&self) -> bool {
        self.interval.is_none_or(|interval| interval.covers(0.0))
    }
}

/// What figures are made over: the rows of a panel with what became of them.
pub struct Judged {
    day: Vec<usize>,
    lost: Vec<bool>,
    arr: Vec<f64>,
    draws: Draws,
    calls: f64,
}

/// Which figures get an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intervals {
    /// That of the area alone.
    OfAuc,
    /// All of them.
    OfAll,
}

impl Intervals {
    fn of_all(self, interval: impl FnOnce() -> Option<Interval>) -> Option<Interval> {
        if self == Self::OfAll { interval() } else { None }
    }
}

impl Judged {
    /// The rows of a panel, so many accounts of each day of which are looked at.
    pub fn of(panel: &Panel, calls: f64) -> Self {
        Self {
            day: panel.day_of_rows(),
            lost: panel.lost(),
            arr: panel.rows.iter().map(|row| row.arr.unwrap_or_default()).collect(),
            draws: Draws::of(&panel.clusters()),
            calls,
        }
    }

    fn has_enough(&self, number: &[Option<f64>]) -> Option<(usize, usize)> {
        let rows = (0..number.len()).filter(|row| number[*row].is_some());
        let (lost, kept): (Vec<usize>, Vec<usize>) = rows.partition(|row| self.lost[*row]);
        let enough = lost.len() >= LEAST_FOR_FIGURES && kept.len() >= LEAST_FOR_FIGURES;
        enough.then_some((lost.len(), kept.len()))
    }

    /// The figures of a number; `None` with fewer than 20 lost or kept rows. Intervals beside that of the area are made where
    /// they are asked for: each takes as long as all the rest.
    pub fn figures(&self, number: &[Option<f64>], intervals: Intervals) -> Option<Figures> {
        self.called(number, self.calls, intervals)
    }

    /// The same of rows of which another number is looked at on each day.
    pub(crate) fn called(&self, number: &[Option<f64>], calls: f64, intervals: Intervals) -> Option<Figures> {
        let (lost, kept) = self.has_enough(number)?;
        let ones = vec![1.0; number.len()];
        let (by_day, all) = (ByDay::of(number, &self.day), Ordered::of(number));
        let auc = |weight: &[f64]| by_day.auc(&self.lost, weight);
        let precision = |weight: &[f64]| all.average_precision(&self.lost, weight);
        let lift = |weight: &[f64]| by_day.lowest(&self.lost, weight, calls).map(|lowest| lowest.lift);
        Some(Figures {
            rows: lost + kept,
            lost,
            auc: Figure { value: auc(&ones)?, interval: self.draws.interval(&ones, auc) },
            auc_by_arr: by_day.auc(&self.lost, &self.arr),
            average_precision: Figure {
                value: precision(&ones)?,
                interval: intervals.of_all(|| self.draws.interval(&ones, precision)),
            },
            base_rate: lost as f64 / (lost + kept) as f64,
            lowest: by_day.lowest(&self.lost, &ones, calls)?,
            lift_interval: intervals.of_all(|| self.draws.interval(&ones, lift)),
            distance: all.distance(&self.lost, &ones)?,
        })
    }

    /// By how much a number tells better than another one; `None` with fewer than 20 lost or kept rows that have both.
    pub fn gain(&self, number: &[Option<f64>], other: &[Option<f64>]) -> Option<Gain> {
        let both = |own: &[Option<f64>], other: &[Option<f64>]| -> Vec<Option<f64>> {
            own.iter().zip(other).map(|(own, other)| own.filter(|_| other.is_some())).collect()
        };
        let (number, other) = (both(number, other), both(other, number));
        let (lost, kept) = self.has_enough(&number)?;
        let (number, other) = (ByDay::of(&number, &self.day), ByDay::of(&other, &self.day));
        let ones = vec![1.0; self.lost.len()];
        let gain = |weight: &[f64]| Some(number.auc(&self.lost, weight)? - other.auc(&self.lost, weight)?);
        Some(Gain { auc: gain(&ones)?, interval: self.draws.interval(&ones, gain), rows: lost + kept })
    }
}
