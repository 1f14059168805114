//! What is the matter, in a sentence for people.

use super::alert::Phase;
use super::condition::Judged;
use super::machine::Machine;
use super::rule::Condition;
use super::{Day, Decimal, Overridden, Row, State};

impl Machine<'_> {
    /// The words of a day; none where nothing is the matter.
    pub(super) fn words(&self, day: &Day<'_>, judged: Option<&Judged>, row: &Row) -> Option<String> {
        let state = row.state.filter(|state| *state != State::Ok)?;
        let mut parts = vec![match state {
            State::Cooldown if day.day == row.since => "good again for a day".to_owned(),
            State::Cooldown => format!("good again for {} days", day.day - row.since + 1),
            _ => self.what(judged),
        }];
        parts.extend(self.published(judged));
        match (state, judged.and_then(|judged| judged.fleet)) {
            (State::Suppressed, Some(moved)) => {
                parts.push(format!("everybody did: {} in the median", self.shown(moved)));
            }
            (State::Suppressed, None) => {
                let cause = row.suppressed_by.map_or("", super::Cause::name);
                parts.push(format!("by the new {cause}, not by what the account did"));
            }
            _ => {}
        }
        if state == State::Cooldown && row.run > 0 {
            parts.push(format!("{} again", self.what(judged)));
        }
        parts.extend(self.worse());
        if row.is_blind {
            parts.push(format!("no score for {} days", row.unknown_days));
        }
        parts.extend(day.overridden.map(|overridden| self.overridden(overridden)));
        Some(parts.join("; "))
    }

    /// The condition and the numbers that it was found with.
    fn what(&self, judged: Option<&Judged>) -> String {
        let found = match &self.phase {
            Phase::Active(alert) => Some(alert.found),
            _ => judged.and_then(|judged| Some((judged.score?, judged.base))),
        };
        match (self.rule.condition, found) {
            (Condition::Below { at, inclusive, .. }, _) => {
                let below = if inclusive { "at most" } else { "below" };
                match self.run.length() {
                    0 => match judged.and_then(|judged| judged.score) {
                        Some(score) => format!("was {below} {at}, now {}", self.shown(score)),
                        None => format!("was {below} {at}"),
                    },
                    1 => format!("{below} {at} for a day"),
                    days => format!("{below} {at} for {days} days"),
                }
            }
            (Condition::Fell { within, .. }, Some((score, Some((base, from))))) => {
                let days = judged.map_or(within as i32, |judged| judged.day - base.day);
                let days = if matches!(self.phase, Phase::Active(_)) { within as i32 } else { days };
                let (fall, from, to) = (self.shown(from - score), self.shown(from), self.shown(score));
                format!("fell {fall} in {days} days, from {from} to {to}")
            }
            (Condition::Declining { times, .. }, Some((score, Some((_, from))))) => {
                let (from, to) = (self.shown(from), self.shown(score));
                format!("lower {times} times in a row, from {from} to {to}")
            }
            (Condition::Fell { by, within, .. }, _) => format!("fell more than {by} in {within} days"),
            (Condition::Declining { times, .. }, _) => format!("lower {times} times in a row"),
        }
    }

    /// What a fall looks like in what was published, where a change of definition or scorecard lies within it.
    fn published(&self, judged: Option<&Judged>) -> Option<String> {
        let found = match &self.phase {
            Phase::Active(alert) => (alert.found.0, alert.found.1?),
            _ => judged.and_then(|judged| Some((judged.score?, judged.base?)))?,
        };
        let (score, (base, from)) = found;
        let as_published = score - base.published.filter(|published| *published != from)?;
        let of_definition = as_published - (score - from);
        Some(format!(
            "{} as published, {} of it the new {}",
            self.shown(as_published),
            self.shown(of_definition),
            self.changed_by.name()
        ))
    }

    /// How much worse it is than when it opened.
    fn worse(&self) -> Option<String> {
        let (Phase::Active(alert), Some(reference)) = (&self.phase, self.reference()) else { return None };
        let fell = alert.found.0 - reference;
        (alert.level > alert.relapses + 1 && fell > Decimal::ZERO)
            .then(|| format!("worse: {} since it opened", self.shown(-fell)))
    }

    fn overridden(&self, overridden: Overridden<'_>) -> String {
        let Overridden { mode, value, until, author } = overridden;
        let value = self.shown(value);
        let how = match mode {
            "cap" => format!("capped at {value}"),
            "floor" => format!("held at {value} or more"),
            "adjust" => format!("adjusted by {value}"),
            _ => format!("overridden to {value}"),
        };
        let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
        format!("{how}{until} by {author}")
    }

    fn shown(&self, number: Decimal) -> String {
        number.with_digits(self.rule.digits)
    }
}
