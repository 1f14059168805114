//! The exact split: from one score of everybody to another, step by step.
//!
//! Each step is a score of everybody; what it changes is its own part. Scores are whole units, and a row that has no score at
//! a step between stays where it was, so that for everybody with a score at both ends the parts sum to the change exactly.

use super::cause::{Kind, Reason};
use super::scored::Scored;

/// What a step stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    pub(super) reason: Reason,
    pub(super) kind: Kind,
    /// The component or group that it is about.
    pub(super) part: Option<String>,
    pub(super) title: String,
    pub(super) from: String,
    pub(super) to: String,
}

/// A cause, and what it did to everybody.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cause {
    pub(super) label: Label,
    /// What it added to each score; 0 of who has no score at one of the ends.
    pub(super) change: Vec<i64>,
    /// Whose tier it changed.
    pub(super) retiered: Vec<bool>,
    /// Who got a score by it, or lost it.
    pub(super) rescored: Vec<bool>,
}

/// A way of everybody.
pub(super) struct Walk {
    first: Scored,
    last: Scored,
    /// The newest score of each, where there was any.
    reached: Vec<Option<i64>>,
    causes: Vec<Cause>,
}

impl Walk {
    /// Begins with a score of everybody.
    pub(super) fn from(first: Scored) -> Self {
        Self { reached: first.score.clone(), last: first.clone(), first, causes: Vec::new() }
    }

    /// A step. Where components became known by it, or unknown, it is a cause of its own.
    pub(super) fn step(&mut self, label: Label, next: Scored) {
        let known = self.known_otherwise(&label, &next);
        let change: Vec<i64> =
            self.reached.iter_mut().zip(&next.score).map(|(reached, next)| advance(reached, *next)).collect();
        let retiered: Vec<bool> = self.last.tier.iter().zip(&next.tier).map(|(was, is)| was != is).collect();
        let both = self.last.score.iter().zip(&next.score);
        let rescored: Vec<bool> = both.map(|(was, is)| was.is_some() != is.is_some()).collect();
        self.last = next;
        let whole = Cause { label, change, retiered, rescored };
        if !known.contains(&true) {
            return self.causes.push(whole);
        }
        let label = Label { kind: Kind::Coverage, ..whole.label.clone() };
        self.causes.push(whole.of(|row| !known[row], whole.label.clone()));
        self.causes.push(whole.of(|row| known[row], label));
    }

    /// Of whom a step of the definition makes components known that were not, or the other way round.
    fn known_otherwise(&self, label: &Label, next: &Scored) -> Vec<bool> {
        let mut otherwise = vec![false; next.score.len()];
        if !matches!(label.kind, Kind::Measure | Kind::Points | Kind::Missing | Kind::Usage) {
            return otherwise;
        }
        for (name, was) in &self.last.known {
            let is_meant = label.part.as_ref().is_none_or(|part| part == name);
            let Some(is) = next.known.get(name).filter(|_| is_meant) else { continue };
            for (row, (was, is)) in was.iter().zip(is).enumerate() {
                otherwise[row] |= was != is;
            }
        }
        otherwise
    }

    /// How many rows of the score reached so far would stop a run.
    pub(super) fn refused(&self) -> usize {
        self.last.refused.iter().filter(|refused| **refused).count()
    }

    /// Both ends, and the causes between them.
    pub(super) fn ended(mut self) -> (Scored, Scored, Vec<Cause>) {
        for (row, ends) in self.first.score.iter().zip(&self.last.score).enumerate() {
            if ends.0.is_none() || ends.1.is_none() {
                self.causes.iter_mut().for_each(|cause| cause.change[row] = 0);
            }
        }
        (self.first, self.last, self.causes)
    }
}

impl Cause {
    /// The same of some rows.
    fn of(&self, counts: impl Fn(usize) -> bool, label: Label) -> Self {
        let flags = |all: &[bool]| all.iter().enumerate().map(|(row, flag)| *flag && counts(row)).collect();
        let change =
            self.change.iter().enumerate().map(|(row, change)| if counts(row) { *change } else { 0 });
        Self {
            label,
            change: change.collect(),
            retiered: flags(&self.retiered),
            rescored: flags(&self.rescored),
        }
    }
}

/// Goes on to the next score where there is one, and tells by how much.
fn advance(reached: &mut Option<i64>, next: Option<i64>) -> i64 {
    let Some(next) = next else { return 0 };
    next - reached.replace(next).unwrap_or(next)
}
