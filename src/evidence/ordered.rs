//! How well an order of accounts finds those that were lost: area under the curve, average precision, lift, distance.
//!
//! The lowest number is looked at first, as a team calls the accounts with the lowest scores first. Accounts with the same
//! number are looked at together, so that the order of rows changes nothing. Each row has a weight: 1, its ARR, or how often
//! it was drawn.
//!
//! Sources: T. Fawcett, "An introduction to ROC analysis", 2006 (area, ties half); W. Su, Y. Yuan, M. Zhu, "A relationship
//! between the average precision and the area under the ROC curve", 2015 (average precision, without interpolation); A. N.
//! Kolmogorov and N. V. Smirnov (the greatest distance between two distributions).

use std::ops::Range;

/// Rows in ascending order of a number, those with the same together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ordered {
    rows: Vec<usize>,
    /// Where each stretch of rows with the same number ends.
    ends: Vec<usize>,
}

/// Lost and kept weight of the rows with the same number.
#[derive(Debug, Clone, Copy, Default)]
struct Alike {
    lost: f64,
    kept: f64,
}

/// What the lowest numbers find.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Lowest {
    /// Share of the lowest that was lost, 0 to 1.
    pub precision: f64,
    /// Share of all lost that is among the lowest, 0 to 1.
    pub recall: f64,
    /// `precision` over the share of all that was lost: 1 is no better than chance.
    pub lift: f64,
}

impl Ordered {
    /// Orders rows, by their places, by a number of each; rows without a finite number are left out.
    pub fn of(numbers: &[Option<f64>]) -> Self {
        let known = |row: &usize| numbers[*row].is_some_and(f64::is_finite);
        let mut rows: Vec<usize> = (0..numbers.len()).filter(known).collect();
        let number = |row: usize| numbers[row].unwrap_or_default() + 0.0;
        rows.sort_by(|a, b| number(*a).total_cmp(&number(*b)));
        let is_end = |at: &usize| *at == rows.len() || number(rows[*at - 1]) < number(rows[*at]);
        let ends = (1..=rows.len()).filter(is_end).collect();
        Self { rows, ends }
    }

    /// The same rows by other places.
    pub(crate) fn placed(self, places: &[usize]) -> Self {
        Self { rows: self.rows.into_iter().map(|row| places[row]).collect(), ends: self.ends }
    }

    /// The rows that have a number, the lowest first.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    fn stretches(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| start..*end)
    }

    fn alike<'a>(&'a self, lost: &'a [bool], weight: &'a [f64]) -> impl Iterator<Item = Alike> + 'a {
        self.stretches().map(|stretch| {
            let mut alike = Alike::default();
            for row in &self.rows[stretch] {
                if lost[*row] {
                    alike.lost += weight[*row];
                } else {
                    alike.kept += weight[*row];
                }
            }
            alike
        })
    }

    fn total(&self, lost: &[bool], weight: &[f64]) -> Alike {
        self.alike(lost, weight).fold(Alike::default(), |all, alike| Alike {
            lost: all.lost + alike.lost,
            kept: all.kept + alike.kept,
        })
    }

    /// Weight of all pairs of a lost and a kept row, and of those in which the kept one has the higher number; ties half.
    pub(crate) fn pairs(&self, lost: &[bool], weight: &[f64]) -> (f64, f64) {
        let (mut below, mut right, mut kept) = (0.0, 0.0, 0.0);
        for alike in self.alike(lost, weight) {
            right += alike.kept * (below + alike.lost / 2.0);
            below += alike.lost;
            kept += alike.kept;
        }
        (below * kept, right)
    }

    /// The chance that a kept row has a higher number than a lost one, 0 to 1, ties half; `None` where there are not both.
    pub fn auc(&self, lost: &[bool], weight: &[f64]) -> Option<f64> {
        let (all, right) = self.pairs(lost, weight);
        (all > 0.0).then(|| right / all)
    }

    /// The area under precision and recall, in steps: the mean precision at which lost rows are found; `None` without any. An
    /// order that says nothing has the share that was lost.
    pub fn average_precision(&self, lost: &[bool], weight: &[f64]) -> Option<f64> {
        let total = self.total(lost, weight);
        let (mut found, mut looked_at, mut sum) = (0.0, 0.0, 0.0);
        for alike in self.alike(lost, weight) {
            found += alike.lost;
            looked_at += alike.lost + alike.kept;
            if alike.lost > 0.0 {
                sum += alike.lost * found / looked_at;
            }
        }
        (total.lost > 0.0).then(|| sum / total.lost)
    }

    /// The greatest distance between the shares of lost and of kept rows below a number, 0 to 1 (Kolmogorov, Smirnov);
    /// `None` where there are not both.
    pub fn distance(&self, lost: &[bool], weight: &[f64]) -> Option<f64> {
        let total = self.total(lost, weight);
        if total.lost <= 0.0 || total.kept <= 0.0 {
            return None;
        }
        let (mut below, mut greatest) = (Alike::default(), 0.0_f64);
        for alike in self.alike(lost, weight) {
            below.lost += alike.lost;
            below.kept += alike.kept;
            greatest = greatest.max((below.lost / total.lost - below.kept / total.kept).abs());
        }
        Some(greatest)
    }

    /// What the lowest find: so much weight of them, of rows that tie at its end the part that fits; `None` without any lost
    /// row, or where nothing is looked at.
    pub fn lowest(&self, lost: &[bool], weight: &[f64], room: f64) -> Option<Lowest> {
        let total = self.total(lost, weight);
        let room = room.min(total.lost + total.kept);
        if total.lost <= 0.0 || room <= 0.0 {
            return None;
        }
        let (mut left, mut found) = (room, 0.0);
        for alike in self.alike(lost, weight) {
            let all = alike.lost + alike.kept;
            if all > 0.0 {
                let part = (left / all).min(1.0);
                found += part * alike.lost;
                left -= part * all;
            }
            if left <= 0.0 {
                break;
            }
        }
        let precision = found / room;
        let base = total.lost / (total.lost + total.kept);
        Some(Lowest { precision, recall: found / total.lost, lift: precision / base })
    }
}
