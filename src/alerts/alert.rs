//! An alert that is not over: what people were told of it, and what they answered.

use super::condition::Judged;
use super::moved::Again;
use super::rule::Rule;
use super::view::Point;
use super::{Act, Decimal, Event, Row, Severity};

/// Whether there is an alert.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    /// None.
    Quiet,
    /// One.
    Active(Alert),
    /// One that is over since a day.
    Cooldown {
        /// The day.
        from: i32,
        /// What it was.
        alert: Alert,
    },
}

/// An alert.
#[derive(Debug, Clone)]
pub(super) struct Alert {
    pub(super) opened_on: i32,
    pub(super) level: u32,
    pub(super) relapses: u32,
    /// The score when people were last told that it is worse.
    pub(super) reference: Decimal,
    /// The day of that.
    pub(super) told_on: i32,
    /// The score and what it was compared with when it opened, or came back, as people were told.
    pub(super) found: (Decimal, Option<(Point, Decimal)>),
    /// The day of that.
    pub(super) found_on: i32,
    /// The score of that day under the definition of the newest one; `None` where that cannot be told.
    pub(super) found_as: Option<Decimal>,
    /// From where on it is good again; `None` where the condition itself says so.
    pub(super) clear_at: Option<Decimal>,
    pub(super) clear_run: u32,
    /// The day on which that began.
    pub(super) good_since: i32,
    pub(super) answer: Answer,
    /// From when on an answer is waited for.
    pub(super) asked_on: i32,
    /// The most that was at stake.
    pub(super) severity: Option<Severity>,
}

/// What people said to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    None,
    Acknowledged,
    Snoozed { until: i32 },
    Handled { on: i32 },
}

impl Alert {
    /// One that opens on a day on which the condition holds.
    pub(super) fn opened(rule: &Rule, judged: &Judged, severity: Option<Severity>) -> Self {
        let (day, score) = (judged.day, judged.score.unwrap_or_default());
        Self {
            opened_on: day,
            level: 1,
            relapses: 0,
            reference: score,
            told_on: day,
            found: (score, judged.base),
            found_on: day,
            found_as: Some(score),
            clear_at: judged.made_good(rule),
            clear_run: 0,
            good_since: day,
            answer: Answer::None,
            asked_on: day,
            severity,
        }
    }

    /// The same alert, which came back.
    pub(super) fn again(&self, rule: &Rule, judged: &Judged, row: &mut Row) -> Self {
        row.events.push(Event::Relapsed);
        let fresh = Self::opened(rule, judged, self.severity);
        Self { opened_on: self.opened_on, level: self.level + 1, relapses: self.relapses + 1, ..fresh }
    }

    /// A day goes by; an event that ends it is told.
    pub(super) fn pass(
        &mut self,
        rule: &Rule,
        (day, judged): (i32, Option<&Judged>),
        row: &mut Row,
    ) -> Option<Event> {
        let known = judged.and_then(|judged| Some((judged, judged.score?)));
        if let Some((judged, _)) = known {
            (self.clear_run, self.good_since) = match (judged.is_good(self.clear_at), self.clear_run) {
                (false, _) => (0, day),
                (true, 0) => (1, day),
                (true, run) => (run + rule.step(), self.good_since),
            };
        }
        let is_worse = |score| rule.escalate_by.is_some_and(|by| self.reference - score > by);
        let ends = if self.clear_run > rule.clear_after {
            Some(Event::Resolved)
        } else if let Some((_, score)) = known.filter(|(_, score)| is_worse(*score)) {
            self.escalated(day, score);
            row.events.push(Event::Escalated);
            None
        } else if rule.expires.is_some_and(|days| waited(self.told_on, day) > days) {
            Some(Event::Expired)
        } else {
            if self.is_answer_over(rule, day) {
                (self.answer, self.asked_on) = (Answer::None, day);
                row.events.push(Event::Reopened);
            }
            None
        };
        row.events.extend(ends);
        ends
    }

    /// Whether the time for which somebody answered is over on a day.
    fn is_answer_over(&self, rule: &Rule, day: i32) -> bool {
        match self.answer {
            Answer::Snoozed { until } => day > until,
            Answer::Handled { on } => waited(on, day) > rule.handled_for,
            Answer::None | Answer::Acknowledged => false,
        }
    }

    /// What people were told of it, scored again by another definition, as far as its days before are told.
    pub(super) fn scored_again(&self, before: &[(i32, Option<Decimal>)]) -> Again {
        let at = |day: i32| before.iter().find(|(own, _)| *own == day)?.1;
        Again {
            reference: at(self.told_on),
            found: at(self.found_on),
            base: self.found.1.and_then(|(base, _)| at(base.day)),
        }
    }

    /// Takes another definition: each score is that of its own day, or where this is not told, moved as the last day was.
    pub(super) fn restate(&mut self, again: Again, moved: Decimal) {
        self.found_as = match again.reference {
            Some(_) => again.found,
            None => self.found_as.map(|found| found + moved),
        };
        self.reference = again.reference.unwrap_or(self.reference + moved);
        self.clear_at = self.clear_at.map(|level| match (again.found, again.base) {
            (Some(found), Some(base)) if base > found => found + (base - found).half(),
            _ => level + moved,
        });
    }

    /// Worse than people were told.
    fn escalated(&mut self, day: i32, score: Decimal) {
        self.level += 1;
        (self.reference, self.told_on) = (score, day);
        (self.answer, self.asked_on) = (Answer::None, day);
    }

    /// What somebody did on a day; what has no meaning here is listed.
    pub(super) fn obey(&mut self, rule: &Rule, (day, act): (i32, Act), row: &mut Row) {
        let stands = if self.is_answer_over(rule, day) { Answer::None } else { self.answer };
        let (answer, event) = match (act, stands) {
            (Act::Acknowledge, Answer::None) => (Answer::Acknowledged, Event::Acknowledged),
            (Act::Done, Answer::None | Answer::Acknowledged | Answer::Snoozed { .. }) => {
                (Answer::Handled { on: day }, Event::Handled)
            }
            (Act::Snooze { until }, Answer::None | Answer::Acknowledged) if until >= day => {
                (Answer::Snoozed { until }, Event::Snoozed)
            }
            _ => return row.ignored.push((day, act)),
        };
        self.answer = answer;
        row.events.push(event);
    }

    /// Whether it has been open for longer than an answer may take.
    pub(super) fn is_unanswered(&self, rule: &Rule, day: i32) -> bool {
        let is_late = |within| waited(self.asked_on, day) > within;
        self.answer == Answer::None && rule.ack_within.is_some_and(is_late)
    }
}

/// Days from one to another, both counted.
fn waited(since: i32, day: i32) -> u32 {
    (day - since + 1) as u32
}
