//! What is known of an account on a day: what a rule is asked about.

use super::Decimal;

/// An account on a day on which its score is published, or from which on it is not in force any more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day<'a> {
    /// The day, counted from 1970-01-01.
    pub day: i32,
    /// Whether anything is in force; from a day on which nothing is, the account has left.
    pub in_force: bool,
    /// Its score before overrides.
    pub seen: Seen,
    /// What the score was computed by.
    pub definition: Definition<'a>,
    /// Scores of days before under this definition, in order: asked on days whose definition is not that of the day before.
    /// Days that cannot be told are left out.
    pub before: &'a [(i32, Option<Decimal>)],
    /// How the accounts of the same scorecard moved.
    pub moved: Option<Moved>,
    /// What people did since the last day that was told and up to this one, each with its own day, in order.
    pub acts: &'a [(i32, Act)],
    /// Whose account it is.
    pub owner: Option<&'a str>,
    /// How much is at stake.
    pub severity: Option<Severity>,
    /// What people set against the score.
    pub overridden: Option<Overridden<'a>>,
}

/// A score, or why there is none to go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is known.
    Score(Decimal),
    /// It is NULL.
    Unscored,
    /// A source that it reads is stale, so that it moves without any cause.
    Stale,
}

impl Seen {
    /// The score that a rule goes by.
    pub fn known(self) -> Option<Decimal> {
        match self {
            Self::Score(score) => Some(score),
            Self::Unscored | Self::Stale => None,
        }
    }
}

/// What a score was computed by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Definition<'a> {
    /// The content hash of the score's meaning.
    pub score: &'a str,
    /// The scorecard that applied.
    pub scorecard: &'a str,
}

/// How the accounts of a scorecard moved over the days in which a fall is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The median change.
    pub median: Decimal,
    /// The accounts that have both days.
    pub accounts: u32,
}

/// What somebody did about an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Somebody has it.
    Acknowledge,
    /// What could be done is done.
    Done,
    /// Not before the end of a day.
    Snooze {
        /// The day, included.
        until: i32,
    },
}

/// How much is at stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For the digest alone.
    Low,
    /// As most are.
    Medium,
    /// Soon, and large.
    High,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What people set against a score: it changes no alert, and is said beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overridden<'a> {
    /// `set`, `cap`, `floor` or `adjust`.
    pub mode: &'a str,
    /// To what.
    pub value: Decimal,
    /// The last day on which it holds, where that is told.
    pub until: Option<&'a str>,
    /// By whom.
    pub author: &'a str,
}
