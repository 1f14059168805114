//! Where the score was wrong, by name: lost while nothing was said to be at risk, and at risk and still there.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::evidence::{Observed, Panel};
use crate::semantic::Score;

/// An account of which the score was wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Named {
    /// The account.
    pub account_id: String,
    /// The last day on which it was judged so.
    pub as_of_date: NaiveDate,
    /// Its tier then.
    pub tier: String,
    /// Its score then.
    pub score: Option<f64>,
    /// Its ARR then.
    pub arr: Option<f64>,
    /// The day of the loss, that of a later one for who stayed; `None` where none is told.
    pub lost_on: Option<NaiveDate>,
    /// Whether something was done about it; `None` where nobody says.
    pub acted_upon: Option<bool>,
}

/// False greens and false reds: of each account its last row that is judged, those with the most ARR first, at most so many of
/// each.
pub(super) fn named(
    score: &Score,
    panel: &Panel,
    acted: Option<&[bool]>,
    most: usize,
) -> (Vec<Named>, Vec<Named>) {
    let is_at_risk = |row: &Observed| score.is_at_risk(&row.tier);
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    // An account that was lost is looked at on the last day from which the loss was seen.
    for (at, row) in panel.rows.iter().enumerate() {
        let known = last.entry(&row.account).or_insert(at);
        let is_of_loss = panel.rows[*known].outcome.is_lost;
        if row.outcome.is_lost || !is_of_loss {
            *known = at;
        }
    }
    let of = |wanted: &dyn Fn(&Observed) -> bool| {
        let mut rows: Vec<usize> = last.values().copied().filter(|at| wanted(&panel.rows[*at])).collect();
        let arr = |at: usize| panel.rows[at].arr.unwrap_or(-1.0);
        rows.sort_by(|a, b| {
            arr(*b).total_cmp(&arr(*a)).then_with(|| panel.rows[*a].account.cmp(&panel.rows[*b].account))
        });
        rows.truncate(most);
        let told = |at: usize| {
            let row = &panel.rows[at];
            Named {
                account_id: row.account.clone(),
                as_of_date: panel.days[row.day],
                tier: row.tier.clone(),
                score: panel.score[at],
                arr: row.arr,
                lost_on: row.outcome.lost_on,
                acted_upon: acted.map(|acted| acted[at]),
            }
        };
        rows.into_iter().map(told).collect()
    };
    let greens = of(&|row| row.outcome.is_lost && !is_at_risk(row));
    (greens, of(&|row| !row.outcome.is_lost && is_at_risk(row)))
}
