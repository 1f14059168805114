//! An alert that is not over: what people were told of it, and what they answered.

use super::condition::Judged;
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
    /// The score and what it was compared with when it opened, or came back.
    pub(super) found: (Decimal, Option<(Point, Decimal)>),
    /// From where on it is good again; `None` where the condition itself says so.
    pub(super) clear_at: Option<Decimal>,
    pub(super) clear_run: u32,
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
            clear_at: judged.made_good(rule),
            clear_run: 0,
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
            self.clear_run = match (judged.is_good(self.clear_at), self.clear_run) {
                (false, _) => 0,
                (true, 0) => 1,
                (true, run) => run + rule.step(),
            };
        }
        let is_worse = |score| rule.escalate_by.is_some_and(|by| self.reference - score > by);
        let waited = |since: i32| (day - since + 1) as u32;
        let ends = if self.clear_run > rule.clear_after {
            Some(Event::Resolved)
        } else if let Some((_, score)) = known.filter(|(_, score)| is_worse(*score)) {
            self.escalated(day, score);
            row.events.push(Event::Escalated);
            None
        } else if rule.expires.is_some_and(|days| waited(self.told_on) > days) {
            Some(Event::Expired)
        } else {
            let is_over = match self.answer {
                Answer::Snoozed { until } => day > until,
                Answer::Handled { on } => waited(on) > rule.handled_for,
                Answer::None | Answer::Acknowledged => false,
            };
            if is_over {
                (self.answer, self.asked_on) = (Answer::None, day);
                row.events.push(Event::Reopened);
            }
            None
        };
        row.events.extend(ends);
        ends
    }

    /// Worse than people were told.
    fn escalated(&mut self, day: i32, score: Decimal) {
        self.level += 1;
        (self.reference, self.told_on) = (score, day);
        (self.answer, self.asked_on) = (Answer::None, day);
    }

    /// What somebody did; what has no meaning here is listed.
    pub(super) fn obey(&mut self, act: Act, day: i32, row: &mut Row) {
        let (answer, event) = match (act, self.answer) {
            (Act::Acknowledge, Answer::None) => (Answer::Acknowledged, Event::Acknowledged),
            (Act::Done, Answer::None | Answer::Acknowledged | Answer::Snoozed { .. }) => {
                (Answer::Handled { on: day }, Event::Handled)
            }
            (Act::Snooze { until }, Answer::None | Answer::Acknowledged) if until >= day => {
                (Answer::Snoozed { until }, Event::Snoozed)
            }
            _ => return row.ignored.push(act),
        };
        self.answer = answer;
        row.events.push(event);
    }

    /// Whether it has been open for longer than an answer may take.
    pub(super) fn is_unanswered(&self, rule: &Rule, day: i32) -> bool {
        let waited = (day - self.asked_on + 1) as u32;
        self.answer == Answer::None && rule.ack_within.is_some_and(|within| waited > within)
    }
}
