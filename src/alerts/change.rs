//! A day on which a score begins to mean something else, by its definition or by the scorecard that applies.
//!
//! Nothing that a definition did is told as if an account had done it. A run goes on as it is under the new definition; where
//! the condition was false under the old one and is true under the new one on the last day before, the run is the
//! definition's, and suppressed for as long as it lasts. An alert that the new definition would not have on that day is
//! closed; one that goes on is as bad as its own days are under the new definition, which is what it is next compared with. What
//! one definition began stays suppressed under the next, for as long as the run lasts. Where days before cannot be scored under the new definition, the day of the change stands for the last one
//! before: a run goes on as it was, and what is true at once where it was false is the definition's; what is compared with
//! days before cannot be told until such a day is there.

use super::alert::Phase;
use super::condition::{Judged, judge};
use super::machine::Machine;
use super::moved::{Again, Changed, Suppressed};
use super::run::Run;
use super::{Cause, Day, Event, Row};

impl<'a> Machine<'a> {
    /// The days before as the definition of a day sees them.
    pub(super) fn meet(&mut self, day: &Day<'a>) {
        let Some(old) = self.definition.replace(day.definition) else { return };
        if old == day.definition {
            return;
        }
        let cause = if old.score == day.definition.score { Cause::Scorecard } else { Cause::Definition };
        self.changed_by = cause;
        self.view.restate(day.before);
        let unsettled = self.changed.and_then(|changed| changed.suppressed);
        let suppressed = self.suppressed.take().or(unsettled);
        if let Some((first, _)) = day.before.first() {
            let before = std::mem::replace(&mut self.run, Run::over(self.rule, &self.view, *first..day.day));
            if before.is_spent() {
                self.run.spend();
            }
        }
        let Some(was) = self.last_known else { return };
        let would_be = judge(self.rule, &self.view, was.day, None);
        let would_be = would_be.score.is_some().then_some(would_be);
        let again = match &self.phase {
            Phase::Active(alert) => alert.scored_again(day.before),
            Phase::Quiet | Phase::Cooldown { .. } => Again::default(),
        };
        self.changed = Some(Changed { cause, was, would_be, again, suppressed });
    }

    /// Who was moved by a change, as soon as that can be told; and what is suppressed for as long as it is.
    pub(super) fn settle(&mut self, judged: Option<&Judged>, row: &mut Row) {
        let today = judged.filter(|judged| judged.score.is_some());
        if let Some(changed) = self.changed
            && (changed.would_be.is_some() || today.is_some())
        {
            self.changed = None;
            self.attribute(changed, today, row);
        }
        self.watch(today);
    }

    fn attribute(&mut self, changed: Changed, today: Option<&Judged>, row: &mut Row) {
        let Changed { cause, was, would_be, again, suppressed } = changed;
        let first = would_be.or(today.copied());
        let moved = first.and_then(|judged| Some(judged.score? - was.score?)).unwrap_or_default();
        if let Phase::Active(alert) = &mut self.phase {
            // What the definition did is neither worse nor better.
            alert.restate(again, moved);
        }
        match (was.holds, first.and_then(|judged| judged.holds)) {
            (Some(true), Some(false)) if matches!(self.phase, Phase::Active(_)) => {
                self.quiet();
                row.events.push(Event::Closed);
                row.closed_by = Some(cause);
            }
            (Some(false), Some(true)) if !matches!(self.phase, Phase::Active(_)) => {
                self.suppressed = Some(Suppressed { cause, reference: None });
            }
            (Some(true), Some(true)) if !matches!(self.phase, Phase::Active(_)) => {
                self.suppressed = suppressed.map(|before| Suppressed {
                    reference: before.reference.map(|reference| reference + moved),
                    ..before
                });
            }
            _ => {}
        }
    }

    /// A suppressed run ends, or falls so far that it is the account's own.
    fn watch(&mut self, today: Option<&Judged>) {
        let Some(mut suppressed) = self.suppressed.take().filter(|_| self.run.length() > 0) else { return };
        if let Some(score) = today.and_then(|judged| judged.score) {
            let reference = *suppressed.reference.get_or_insert(score);
            if self.rule.escalate_by.is_some_and(|by| reference - score > by) {
                return;
            }
        }
        self.suppressed = Some(suppressed);
    }
}
