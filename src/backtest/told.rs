//! What a backtest tells.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::challenger::Challenged;
use super::named::Named;
use super::tiers::{AtRisk, TierTold};
use crate::evidence::{Figures, Gain};
use crate::semantic::By;

/// A score on past days against what became of accounts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backtest {
    /// The score's name.
    pub score_name: String,
    /// Its title.
    pub title: String,
    /// The hash of its definition.
    pub definition: String,
    /// `as known` or `as happened`.
    pub reading: &'static str,
    /// Where outcomes are from.
    pub outcomes: String,
    /// Days after the day in which a loss is not counted; `None` of labels, which say nothing of time.
    pub lead_days: Option<u32>,
    /// Days after these in which one is; `None` of labels.
    pub horizon_days: Option<u32>,
    /// The days.
    pub days: Vec<NaiveDate>,
    /// Rows that are judged: accounts by days.
    pub rows: usize,
    /// Lost ones among them.
    pub lost: usize,
    /// Different accounts that were lost.
    pub accounts_lost: usize,
    /// Different accounts that were not.
    pub accounts_kept: usize,
    /// Rows that are not judged, by the reason.
    pub apart: BTreeMap<String, usize>,
    /// How many accounts of a day are looked at, for lift.
    pub calls: f64,
    /// The score itself.
    pub score: Figures,
    /// The score without the components whose values are our doing: what we do because an account is at risk goes with the risk.
    /// `None` where it has no such, or too few were lost.
    pub without_ours: Option<Figures>,
    /// Rank correlation of the score with the change of ARR by the end of the horizon; `None` where ARR is not told.
    pub arr_correlation: Option<f64>,
    /// Another definition on the same rows, where one was asked for.
    pub challenger: Option<Challenged>,
    /// What stands beside it: days since last use, a regression, the owner's judgement.
    pub baselines: Vec<Baseline>,
    /// The components, in declared order.
    pub components: Vec<ComponentTold>,
    /// The groups of components, in declared order.
    pub groups: Vec<GroupTold>,
    /// The rows by segment, scorecard and ARR.
    pub cuts: Vec<Cut>,
    /// The tiers, the lowest first.
    pub tiers: Vec<TierTold>,
    /// Whether a lower tier always loses a greater share.
    pub is_monotone: bool,
    /// The tiers that are at risk, against the losses.
    pub at_risk: AtRisk,
    /// Lost while in no tier at risk, those with the most ARR first.
    pub false_greens: Vec<Named>,
    /// In a tier at risk, and not lost in the time that is looked at; some were later.
    pub false_reds: Vec<Named>,
    /// The tenths of the score, the lowest first: who is lost of each.
    pub tenths: Vec<Tenth>,
    /// What must be known to read the numbers.
    pub notes: Vec<String>,
}

/// Another number beside the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Baseline {
    /// What it is.
    pub title: String,
    /// How well it tells; `None` with too few lost rows that have it.
    pub figures: Option<Figures>,
    /// By how much the score tells better, on the rows that have both.
    pub gain: Option<Gain>,
}

/// A component of the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComponentTold {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Whose doing its value is.
    pub by: By,
    /// Share of the rows with points of it.
    pub coverage: f64,
    /// How well its points tell; `None` with too few.
    pub figures: Option<Figures>,
    /// By how much the score tells better with it than without.
    pub gain: Option<Gain>,
    /// What follows.
    pub verdict: Verdict,
}

/// A group of components.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupTold {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Share of the rows that have a value of it: of other scorecards' rows none has.
    pub coverage: f64,
    /// How well its value tells; `None` with too few.
    pub figures: Option<Figures>,
}

/// What follows for a component, or for the score: chance is ruled out where the interval does not cover what chance gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Too few rows with it were lost.
    TooFew,
    /// Its AUC may be chance, and the score is no better with it.
    DoesNothing,
    /// The lost had more points.
    WrongWay,
    /// It tells who is lost; whether the rest does too cannot be told.
    Tells,
    /// It tells who is lost; the score is no better with it.
    TellsAsTheRest,
    /// The score tells better with it.
    Adds,
    /// The score tells better without it.
    Weakens,
}

/// Some of the rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cut {
    /// `segment`, `scorecard` or `ARR`.
    pub by: &'static str,
    /// Which.
    pub member: String,
    /// Rows.
    pub rows: usize,
    /// Lost ones.
    pub lost: usize,
    /// How well the score tells among them; `None` with too few.
    pub figures: Option<Figures>,
}

/// A tenth of the rows, by the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tenth {
    /// Mean score.
    pub score: f64,
    /// Rows.
    pub rows: usize,
    /// Share that was lost.
    pub lost: f64,
}
