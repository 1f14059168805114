//! Learning from earlier days alone: what is fitted for a day has only seen rows whose outcome was known by then. Where labels
//! hold on every day, it has only seen other accounts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::features::Scale;
use super::logistic::{Logistic, Sign};
use super::ordered::Ordered;
use super::outcomes::Outcomes;
use super::panel::Panel;

/// How far the weights of a regression are held back.
pub(crate) const RIDGE: f64 = 1.0;

/// The least lost rows to learn from.
const LEAST_LOST: usize = 30;

/// The most columns that a regression takes, where there are rows enough.
const MOST_COLUMNS: usize = 30;

/// What a row is told from: the part that it is in, and the rows that may be learned from for each part.
pub(crate) struct Parts {
    /// The part of each row.
    pub(crate) of_rows: Vec<usize>,
    /// The rows to learn from, part by part.
    pub(crate) learned_from: Vec<Vec<usize>>,
}

/// Parts of accounts that are told from the others, where there is no time to learn in.
const PARTS: usize = 5;

/// The parts of a panel. They are its days, each told from the rows of days whose outcomes were known by then: the embargo
/// between what is learned from and what is judged is the whole time ahead. Of labels that hold on every day they are fifths
/// of the accounts, those of one parent together.
pub(crate) fn parts(panel: &Panel, outcomes: &Outcomes) -> Parts {
    let rows = 0..panel.rows.len();
    if outcomes.is_always() {
        let clusters = panel.clusters();
        let names: BTreeSet<&str> = clusters.iter().copied().collect();
        let part: BTreeMap<&str, usize> =
            names.into_iter().enumerate().map(|(at, name)| (name, at % PARTS)).collect();
        let of_rows: Vec<usize> = clusters.iter().map(|name| part[name]).collect();
        let others = |own: usize| rows.clone().filter(|row| of_rows[*row] != own).collect();
        let learned_from = (0..PARTS).map(others).collect();
        return Parts { of_rows, learned_from };
    }
    let of_rows = panel.day_of_rows();
    let known: Vec<NaiveDate> = panel.days.iter().map(|day| outcomes.known_on(*day)).collect();
    let of = |day: &NaiveDate| {
        rows.clone().filter(|row| known[of_rows[*row]] <= *day && panel.days[of_rows[*row]] < *day).collect()
    };
    let learned_from = panel.days.iter().map(of).collect();
    Parts { of_rows, learned_from }
}

/// How many of some rows were lost.
fn count_lost(lost: &[bool], rows: &[usize]) -> usize {
    rows.iter().filter(|row| lost[**row]).count()
}

impl Parts {
    /// Whether there is a part for which enough rows to learn from were lost.
    pub(crate) fn can_learn(&self, lost: &[bool]) -> bool {
        self.learned_from.iter().any(|from| count_lost(lost, from) >= LEAST_LOST)
    }
}

/// A number for each row from what could be learned for its part: `learn` takes the rows to learn from and those of the part,
/// and gives numbers of these, or nothing. Where fewer than 30 of the rows to learn from were lost, nothing is learned.
pub(crate) fn forward(
    parts: &Parts,
    lost: &[bool],
    mut learn: impl FnMut(&[usize], &[usize]) -> Option<Vec<f64>>,
) -> Vec<Option<f64>> {
    let all = 0..parts.of_rows.len();
    let mut found = vec![None; all.len()];
    let enough = |from: &[usize]| count_lost(lost, from) >= LEAST_LOST;
    for (part, from) in parts.learned_from.iter().enumerate().filter(|(_, from)| enough(from)) {
        let own: Vec<usize> = all.clone().filter(|row| parts.of_rows[*row] == part).collect();
        if let Some(numbers) = learn(from, &own) {
            own.into_iter().zip(numbers).for_each(|(row, number)| found[row] = Some(number));
        }
    }
    found
}

/// The chance to stay, as log-odds, by a logistic regression on columns of metrics, learned from some rows, for others; `None`
/// where all of these are lost, or none. Of more columns than a tenth of the lost rows the ones that tell most by themselves are
/// taken, at most 30.
pub(crate) fn regression(
    columns: &[&Vec<Option<f64>>],
    lost: &[bool],
    from: &[usize],
    to: &[usize],
) -> Option<Vec<f64>> {
    let happened: Vec<bool> = from.iter().map(|row| lost[*row]).collect();
    let count = count_lost(lost, from);
    let pick = |column: &Vec<Option<f64>>, rows: &[usize]| -> Vec<Option<f64>> {
        rows.iter().map(|row| column[*row]).collect()
    };
    let (mut learned, mut applied): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
    for column in telling(columns, lost, from, (count / 10).clamp(1, MOST_COLUMNS)) {
        let own = pick(column, from);
        let Some(scale) = Scale::learned(own.iter().copied()) else { continue };
        learned.extend(scale.columns(&own));
        applied.extend(scale.columns(&pick(column, to)));
    }
    let fitted = Logistic::fit(&learned, &happened, RIDGE, Sign::Either)?;
    Some(fitted.log_odds(&applied, to.len()).into_iter().map(|odds| -odds).collect())
}

/// The columns that tell most by themselves, in their own order.
fn telling<'a>(
    columns: &[&'a Vec<Option<f64>>],
    lost: &[bool],
    from: &[usize],
    most: usize,
) -> Vec<&'a Vec<Option<f64>>> {
    if columns.len() <= most {
        return columns.to_vec();
    }
    let happened: Vec<bool> = from.iter().map(|row| lost[*row]).collect();
    let weight = vec![1.0; from.len()];
    let tells = |column: &Vec<Option<f64>>| {
        let own: Vec<Option<f64>> = from.iter().map(|row| column[*row]).collect();
        let known = own.iter().flatten().count() as f64 / own.len().max(1) as f64;
        let auc = Ordered::of(&own).auc(&happened, &weight).unwrap_or(0.5);
        known * (auc - 0.5).abs()
    };
    let mut best: Vec<(usize, f64)> =
        columns.iter().enumerate().map(|(at, column)| (at, tells(column))).collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    best.truncate(most);
    best.sort_by_key(|(at, _)| *at);
    best.into_iter().map(|(at, _)| columns[at]).collect()
}
