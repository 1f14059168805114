//! Whether a rule can ever open an alert on days that lie so far apart as those on which a score is published.
//!
//! That is tried: with the worst scores that there can be, on as many such days as it may take.

use super::rule::{Condition, Measured, Rule};
use super::words::days;
use super::{Day, Decimal, Definition, Event, Seen, replay};

/// So many of the newest published days say how far they lie apart.
const NEWEST: usize = 8;

/// Says of a rule that it can never open on published days like these, why, and what to do; `None` of one that can.
pub(super) fn never_opens(rule: &Rule, published: &[i32]) -> Option<String> {
    let newest = &published[published.len().saturating_sub(NEWEST)..];
    let apart = newest.windows(2).map(|pair| pair[1] - pair[0]).min()?;
    let last = newest.last().copied()?;
    if opens(rule, (last, apart)) {
        return None;
    }
    let Rule { name, measured: Measured { every, .. }, bridge, .. } = rule;
    let why = match rule.condition {
        _ if !worst(rule, (last, apart)).any(|(day, _)| rule.measured.is_on(day)) => {
            format!(
                "`{name}` is asked every {}, counted from a Sunday, which is on none of them,",
                days(*every)
            )
        }
        Condition::Fell { within, .. } if within < apart as u32 => {
            format!("`{name}` looks back {}", days(within))
        }
        Condition::Declining { .. } => format!("`{name}` compares what lies {} apart", days(*every)),
        Condition::Fell { .. } | Condition::Below { .. } => format!("`{name}` bridges {}", days(*bridge)),
    };
    let help = help(rule, (last, apart)).map(|help| format!("; {help}")).unwrap_or_default();
    Some(format!("published days lie {apart} apart: {why} and can never open{help}"))
}

/// What makes a rule open, where one key of it does.
fn help(rule: &Rule, pace: (i32, i32)) -> Option<String> {
    let apart = pace.1 as u32;
    let every = Rule { measured: Measured { every: apart, ..rule.measured }, ..rule.clone() };
    let bridge = Rule { bridge: apart - 1, ..rule.clone() };
    let mut tries = vec![(format!("`every: {apart}`"), every), (format!("`bridge: {}`", apart - 1), bridge)];
    if let Condition::Fell { by, from, fleet, .. } = rule.condition {
        let condition = Condition::Fell { by, within: apart, from, fleet };
        tries.push((format!("`within: {apart}`"), Rule { condition, ..rule.clone() }));
    }
    tries.into_iter().find(|(_, other)| opens(other, pace)).map(|(key, _)| format!("give it {key}"))
}

/// Whether the worst scores open a rule.
fn opens(rule: &Rule, pace: (i32, i32)) -> bool {
    let told: Vec<Day<'_>> = worst(rule, pace).map(|(day, score)| day_of(day, score)).collect();
    replay(rule, &told).iter().any(|row| row.events.contains(&Event::Opened))
}

/// The worst scores for a rule, on days after a last one, so far apart: as many as it may take.
fn worst(rule: &Rule, (last, apart): (i32, i32)) -> impl Iterator<Item = (i32, Decimal)> {
    let (first, lower, measurements) = match rule.condition {
        Condition::Below { at, .. } => (at - Decimal::whole(1), Decimal::ZERO, 0),
        Condition::Fell { by, .. } => (Decimal::ZERO, by + by, 0),
        Condition::Declining { times, by_at_least, .. } => {
            (Decimal::ZERO, by_at_least + Decimal::whole(1), times)
        }
    };
    let count = (rule.open_after / rule.step() + measurements + 3) * rule.measured.every.max(1);
    let scores = std::iter::successors(Some(first), move |score| Some(*score - lower));
    (0..count as i32).map(move |at| last + at * apart).zip(scores)
}

/// A published day on which nothing is known but the score.
fn day_of(day: i32, score: Decimal) -> Day<'static> {
    Day {
        day,
        in_force: true,
        seen: Seen::Score(score),
        definition: Definition::default(),
        before: &[],
        moved: None,
        acts: &[],
        owner: None,
        severity: None,
        overridden: None,
    }
}
