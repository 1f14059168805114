//! What becomes of a rule and an account on a day: a state, numbers that explain it, events.

use super::{Act, Decimal, Severity};

/// A rule and an account on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The day.
    pub day: i32,
    /// The state at its end; `None` where nothing is in force.
    pub state: Option<State>,
    /// The day from which on it is in this state.
    pub since: i32,
    /// The day on which the alert opened, until its cooldown is over.
    pub opened_on: Option<i32>,
    /// How often people were told that it is worse, and once that it is there; 0 without an alert.
    pub level: u32,
    /// What the score moved from what a fall or a decline is measured from, under the definition of the day.
    pub change: Option<Decimal>,
    /// The day of that.
    pub base_day: Option<i32>,
    /// Days, or measurements, for which the condition has held in a row.
    pub run: u32,
    /// Days, or measurements, for which it has been good again in a row.
    pub clear_run: u32,
    /// Unknown days in a row, up to this one.
    pub unknown_days: u32,
    /// Whether the alert stands though nothing has been known for longer than a run is bridged.
    pub is_blind: bool,
    /// How often it came back in its cooldown.
    pub relapses: u32,
    /// Whether it has been open for longer than an answer may take.
    pub is_unanswered: bool,
    /// Whether there was a score, but nothing to compare it with.
    pub is_not_evaluable: bool,
    /// Why there is no alert though the condition holds.
    pub suppressed_by: Option<Cause>,
    /// Why an alert was closed that is not over.
    pub closed_by: Option<Cause>,
    /// How much is at stake, of an alert.
    pub severity: Option<Severity>,
    /// What is the matter, in words; `None` where nothing is.
    pub words: Option<String>,
    /// What happened.
    pub events: Vec<Event>,
    /// What people did where it has no meaning, each with its own day.
    pub ignored: Vec<(i32, Act)>,
}

/// The state of a rule and an account at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing is the matter.
    Ok,
    /// The condition holds, not for long enough yet.
    Pending,
    /// Somebody has to look.
    Open,
    /// Somebody does.
    Acknowledged,
    /// Nobody has to before a day.
    Snoozed,
    /// What could be done is done.
    Handled,
    /// It is over, and not for long.
    Cooldown,
    /// The condition holds for a cause that is not the account's.
    Suppressed,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Ok,
        Self::Pending,
        Self::Open,
        Self::Acknowledged,
        Self::Snoozed,
        Self::Handled,
        Self::Cooldown,
        Self::Suppressed,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Pending => "pending",
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Snoozed => "snoozed",
            Self::Handled => "handled",
            Self::Cooldown => "cooldown",
            Self::Suppressed => "suppressed",
        }
    }

    /// Whether there is an alert that is not over.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Open | Self::Acknowledged | Self::Snoozed | Self::Handled)
    }
}

/// What happened to an alert on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// It is there.
    Opened,
    /// It is worse, or more is at stake.
    Escalated,
    /// Somebody has it.
    Acknowledged,
    /// Somebody put it off.
    Snoozed,
    /// What could be done is done.
    Handled,
    /// The time for which it was put off, or in which what was done should have helped, is over.
    Reopened,
    /// It is good again.
    Resolved,
    /// It came back in its cooldown.
    Relapsed,
    /// It is the new level.
    Expired,
    /// It was one under another definition only.
    Closed,
    /// The account has left.
    Left,
    /// It has another owner.
    HandedOver,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Opened,
        Self::Escalated,
        Self::Acknowledged,
        Self::Snoozed,
        Self::Handled,
        Self::Reopened,
        Self::Resolved,
        Self::Relapsed,
        Self::Expired,
        Self::Closed,
        Self::Left,
        Self::HandedOver,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Escalated => "escalated",
            Self::Acknowledged => "acknowledged",
            Self::Snoozed => "snoozed",
            Self::Handled => "handled",
            Self::Reopened => "reopened",
            Self::Resolved => "resolved",
            Self::Relapsed => "relapsed",
            Self::Expired => "expired",
            Self::Closed => "closed",
            Self::Left => "left",
            Self::HandedOver => "handed_over",
        }
    }
}

/// A cause that is not the account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The score means something else since a day.
    Definition,
    /// Another scorecard applies since a day.
    Scorecard,
    /// Everybody fell.
    Fleet,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Definition, Self::Scorecard, Self::Fleet];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Scorecard => "scorecard",
            Self::Fleet => "fleet",
        }
    }
}
