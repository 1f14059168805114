//! Proposals that are learned from what became of accounts: where to cut, what to take, how much it weighs.
//!
//! ```text
//!  panel: metrics and points of past days, what became of accounts ─► separated  bins of one metric
//!                                                                  ├► search     a few metrics, cut and weighed
//!                                                                  └► weights    of the components that a score has
//!  each learned for a day from days whose outcomes were known by then, and told on that day, beside what there is;
//!  from labels that hold on every day, learned from some accounts, and told on others
//! ```
//!
//! What is printed as a proposal is learned from all days; the figures are not its own, but those of proposals learned the
//! same way from earlier days alone: the search pays for its searching.

mod combination;
mod search;
mod separated;
mod weights;

use std::collections::BTreeSet;

use serde::Serialize;

pub use combination::{Combination, ProposedComponent, suggest_combination};
pub use search::{Found, Part, search};
pub use separated::{LearnedBin, MOST_BINS, Separated, separated};
pub use weights::{ProposedWeight, Weights, suggest_weights};

use crate::error::{Error, Result};
use crate::evidence::{Ahead, Figures, From, Gain, Intervals, Judged, Outcomes, Panel, Which};

/// What a proposal is asked of.
#[derive(Debug, Clone)]
pub struct LearnFrom {
    /// The score that it is held against; the main one, or the only one, where none is named.
    pub score: Option<String>,
    /// Which of the published days.
    pub days: Which,
    /// Where outcomes are from.
    pub outcomes: From,
    /// The time that is looked at.
    pub ahead: Ahead,
    /// A condition on a row of metrics, in SQL, of whose accounts are looked at.
    pub condition: Option<String>,
}

/// Figures of a proposal on days from which nothing was learned, beside others on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutOfTime {
    /// What proposals were learned from: `earlier days`, or `other accounts` where labels are of no time.
    pub learned_from: &'static str,
    /// Days on which it was tried.
    pub days: usize,
    /// Rows of these days.
    pub rows: usize,
    /// What proposals learned from earlier days alone reach.
    pub proposed: Figures,
    /// What else there is, on the same rows.
    pub beside: Vec<Beside>,
}

/// Something else than the proposal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Beside {
    /// What it is.
    pub title: String,
    /// How well it tells; `None` with too few.
    pub figures: Option<Figures>,
    /// By how much the proposal tells better, on the rows that have both.
    pub gain: Option<Gain>,
}

/// Whether a proposal is better than what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// The interval of its gain lies above zero.
    Better,
    /// It may be chance.
    NoBetter,
    /// It lies below.
    Worse,
}

impl Better {
    fn of(gain: Option<&Gain>) -> Self {
        match gain {
            Some(gain) if !gain.is_noise() && gain.auc > 0.0 => Self::Better,
            Some(gain) if !gain.is_noise() => Self::Worse,
            _ => Self::NoBetter,
        }
    }
}

/// A proposal, and what else there is, on the rows that a proposal could be made for.
fn out_of_time(
    panel: &Panel,
    outcomes: &Outcomes,
    proposed: &[Option<f64>],
    beside: Vec<(String, Vec<Option<f64>>)>,
) -> Result<OutOfTime> {
    let with = panel.rows.iter().zip(proposed).filter(|(_, own)| own.is_some());
    let tried: BTreeSet<usize> = with.map(|(row, _)| row.day).collect();
    let rows = proposed.iter().flatten().count();
    let judged = Judged::of(panel, (0.1 * rows as f64 / tried.len().max(1) as f64).ceil());
    let only = |number: Vec<Option<f64>>| -> Vec<Option<f64>> {
        number.into_iter().zip(proposed).map(|(number, own)| number.filter(|_| own.is_some())).collect()
    };
    let own = judged.figures(proposed, Intervals::OfAuc).ok_or_else(|| {
        Error::Usage(
            "no day has enough days before it whose outcomes were known by then: 30 lost rows to learn from, 20 to be tried \
             on; look at more days with --from and --step, or at a shorter --horizon"
                .to_owned(),
        )
    })?;
    let beside = beside.into_iter().map(|(title, number)| {
        let number = only(number);
        Beside {
            title,
            figures: judged.figures(&number, Intervals::OfAuc),
            gain: judged.gain(proposed, &number),
        }
    });
    Ok(OutOfTime {
        learned_from: if outcomes.is_always() { "other accounts" } else { "earlier days" },
        days: tried.len(),
        rows,
        proposed: own,
        beside: beside.collect(),
    })
}
