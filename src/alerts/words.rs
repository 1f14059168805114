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
            State::Cooldown if row.run > 0 => "was good again".to_owned(),
            State::Cooldown => self.good_again(day.day),
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
            parts.push(format!("no score for {}", days(row.unknown_days)));
        }
        parts.extend(day.overridden.map(|overridden| self.overridden(overridden)));
        Some(parts.join("; "))
    }

    /// For how long it has been good again: since before it was so for long enough to be over.
    fn good_again(&self, day: i32) -> String {
        match &self.phase {
            Phase::Cooldown { alert, .. } => {
                format!("good again for {}", days((day - alert.good_since + 1) as u32))
            }
            Phase::Quiet | Phase::Active(_) => "good again".to_owned(),
        }
    }

    /// The condition and the numbers that it was found with.
    fn what(&self, judged: Option<&Judged>) -> String {
        let found = match &self.phase {
            Phase::Active(alert) => Some((alert.found_on, alert.found.0, alert.found.1)),
            _ => judged.and_then(|judged| Some((judged.day, judged.score?, judged.base))),
        };
        match (self.rule.condition, found) {
            (Condition::Below { at, inclusive, .. }, _) => {
                let below = if inclusive { "at most" } else { "below" };
                match self.run.length() {
                    0 => match judged.and_then(|judged| judged.score) {
                        Some(score) => format!("was {below} {at}, now {}", self.shown(score)),
                        None => format!("was {below} {at}"),
                    },
                    run => format!("{below} {at} for {}", days(run)),
                }
            }
            (Condition::Fell { .. }, Some((day, score, Some((base, from))))) => {
                let (fall, from, to) = (self.shown(from - score), self.shown(from), self.shown(score));
                format!("fell {fall} in {}, from {from} to {to}", days((day - base.day) as u32))
            }
            (Condition::Declining { times, .. }, Some((_, score, Some((_, from))))) => {
                format!("{}, from {} to {}", lower(times), self.shown(from), self.shown(score))
            }
            (Condition::Fell { by, within, .. }, _) => format!("fell more than {by} in {}", days(within)),
            (Condition::Declining { times, .. }, _) => lower(times),
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

    /// How much worse it is than when it opened, both under the definition of the day.
    fn worse(&self) -> Option<String> {
        let Phase::Active(alert) = &self.phase else { return None };
        if alert.level <= alert.relapses + 1 {
            return None;
        }
        let Some(found) = alert.found_as else { return Some("worse than when it opened".to_owned()) };
        let fell = found - alert.reference;
        (fell > Decimal::ZERO).then(|| format!("worse: {} since it opened", self.shown(-fell)))
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
        if self.rule.digits == self.rule.shown {
            return number.with_digits(self.rule.shown);
        }
        number.to_digits(self.rule.shown).to_string()
    }
}

/// Some days.
pub(super) fn days(count: u32) -> String {
    if count == 1 { "a day".to_owned() } else { format!("{count} days") }
}

/// How often a score was lower.
fn lower(times: u32) -> String {
    if times == 1 {
        "lower than at the measurement before".to_owned()
    } else {
        format!("lower {times} times in a row")
    }
}
