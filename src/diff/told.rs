//! What a comparison tells, as data.

use chrono::NaiveDate;
use serde::Serialize;

use super::cause::{Kind, Reason};

/// What another definition, or another day, does to the scores of everybody.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// The score's name.
    pub score_name: String,
    /// Its title.
    pub title: String,
    /// What a row is: `account`, or `user`; of several days each on each day.
    pub entity: &'static str,
    /// One end.
    pub old: End,
    /// The other.
    pub new: End,
    /// How many days are compared.
    pub days: usize,
    /// The commit whose tables were read.
    pub commit: u64,
    /// Rows that are compared.
    pub rows: usize,
    /// Rows with a score at both ends: what means, shares and causes are about.
    pub scored: usize,
    /// Rows with a score at the first end only.
    pub lost: usize,
    /// Rows with a score at the second end only.
    pub gained: usize,
    /// ARR of all rows; `None` where metrics have no such column.
    pub arr: Option<f64>,
    /// Who changes the tier.
    pub moved: Moved,
    /// By how much scores change.
    pub change: Spread,
    /// The mean change by what each part of it is due to.
    pub parts: Vec<Part>,
    /// What changes scores, in the order of the steps.
    pub causes: Vec<CauseTold>,
    /// The tiers of both ends, lowest first.
    pub tiers: Vec<String>,
    /// Who goes from which tier to which; who stays is there too.
    pub migrations: Vec<Migration>,
    /// The same by segment; `None` where metrics have no such column.
    pub segments: Option<Vec<Group>>,
    /// The same by scorecard, as it is at the second end.
    pub scorecards: Vec<Group>,
    /// Who moves most, the largest first.
    pub movers: Vec<Mover>,
    /// The limits that were given, and whether they hold.
    pub gates: Vec<Gate>,
    /// What must be known to read the numbers.
    pub notes: Vec<String>,
}

/// One end of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct End {
    /// Where its definition is from, in words.
    pub words: String,
    /// Content hash of the definition.
    pub definition: String,
    /// Its version as people count it.
    pub version: String,
    /// The first day.
    pub from_date: NaiveDate,
    /// The last day.
    pub to_date: NaiveDate,
}

/// Rows that change their tier.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    /// How many.
    pub rows: usize,
    /// Their share of all rows.
    pub share: f64,
    /// Their ARR.
    pub arr: Option<f64>,
    /// Its share of all ARR.
    pub arr_share: Option<f64>,
}

/// By how much scores change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// The mean; `None` where nobody has a score at both ends.
    pub mean: Option<f64>,
    /// The median.
    pub median: Option<f64>,
    /// How many move by so much or more, up or down.
    pub at_least: Vec<AtLeast>,
}

/// Rows that move by so much or more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtLeast {
    /// By how much: 1, 5 or 10 hundredths of the scale.
    pub change: f64,
    /// How many.
    pub rows: usize,
    /// Their share of those with a score at both ends.
    pub share: f64,
}

/// A part of the mean change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Part {
    /// What it is due to.
    pub reason: Reason,
    /// How much of the mean change.
    pub mean_change: f64,
}

/// What changes scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CauseTold {
    /// What it is due to.
    pub reason: Reason,
    /// What kind of thing.
    pub kind: Kind,
    /// The component or group that it is about; `None` of what is about the whole score.
    pub part: Option<String>,
    /// The same as people call it.
    pub title: String,
    /// What it was.
    pub from: String,
    /// What it is.
    pub to: String,
    /// Rows whose score it changes, or whose tier.
    pub rows: usize,
    /// Rows whose tier it changes.
    pub tier_changes: usize,
    /// Its part of the mean change.
    pub mean_change: f64,
}

/// Rows that go from one tier to another, or stay.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Migration {
    /// The tier at the first end.
    pub from: String,
    /// The tier at the second end.
    pub to: String,
    /// How many.
    pub rows: usize,
    /// Their ARR.
    pub arr: Option<f64>,
}

/// What happens to rows that have something in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// What they have in common; `None` where it is not known.
    pub name: Option<String>,
    /// How many.
    pub rows: usize,
    /// The mean change of those with a score at both ends.
    pub mean_change: Option<f64>,
    /// Those that change their tier.
    pub moved: Moved,
}

/// A row that moves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mover {
    /// The account.
    pub account_id: String,
    /// The user, of a score of users.
    pub user_id: Option<String>,
    /// The day at the second end.
    pub as_of_date: NaiveDate,
    /// The account's name.
    pub account_name: Option<String>,
    /// Its owner.
    pub owner_id: Option<String>,
    /// What it is worth a year.
    pub arr: Option<f64>,
    /// The score at the first end; `None` when unscored.
    pub from_score: Option<f64>,
    /// The score at the second end.
    pub to_score: Option<f64>,
    /// The tier at the first end.
    pub from_tier: String,
    /// The tier at the second end.
    pub to_tier: String,
    /// The difference; `None` where an end has no score.
    pub change: Option<f64>,
    /// What made it, the largest first; they sum to the difference exactly, to ten decimals.
    pub causes: Vec<MoverCause>,
}

/// What moved a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MoverCause {
    /// What it is due to.
    pub reason: Reason,
    /// What kind of thing.
    pub kind: Kind,
    /// The component or group that it is about.
    pub part: Option<String>,
    /// The same as people call it.
    pub title: String,
    /// What it added, to ten decimals; 0 where it changed the tier alone, or whether there is a score.
    pub change: f64,
}

/// A limit that was given, and what it is held against.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// Its name on the command line.
    pub gate: &'static str,
    /// The share that moves.
    pub share: f64,
    /// The share that may.
    pub limit: f64,
    /// Whether more moves than may.
    pub is_broken: bool,
}
