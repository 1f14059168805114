//! Whether a condition holds on a day, and whether what it says is good again.

use super::rule::{Condition, FellFrom, Fleet, OnNull, Rule};
use super::view::{Point, View};
use super::{Decimal, Moved};

/// What a condition says of a day on which it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) day: i32,
    /// The score; `None` on an unknown day.
    pub(super) score: Option<Decimal>,
    /// Whether it holds; `None` where that cannot be told.
    pub(super) holds: Option<bool>,
    /// Whether an alert of the rule would be good again; a fall says so by [`Self::made_good`].
    clears: bool,
    /// What the score was compared with.
    pub(super) base: Option<(Point, Decimal)>,
    /// What everybody moved, where it would hold were it not for that.
    pub(super) fleet: Option<Decimal>,
}

impl Judged {
    /// Nothing is known.
    fn unknown(day: i32) -> Self {
        Self { day, score: None, holds: None, clears: false, base: None, fleet: None }
    }

    /// Whether an alert that is good again from some score on is.
    pub(super) fn is_good(&self, clear_at: Option<Decimal>) -> bool {
        match clear_at {
            Some(level) => self.score.is_some_and(|score| score >= level),
            None => self.clears,
        }
    }

    /// From where on a fall is half made good; `None` of what is not a fall.
    pub(super) fn made_good(&self, rule: &Rule) -> Option<Decimal> {
        let (Condition::Fell { .. }, Some(score), Some((_, base))) = (rule.condition, self.score, self.base)
        else {
            return None;
        };
        Some(score + (base - score).half())
    }
}

/// What a rule's condition says of a day of a view.
pub(super) fn judge(rule: &Rule, view: &View, day: i32, moved: Option<Moved>) -> Judged {
    let Some(score) = view.at(day) else { return Judged::unknown(day) };
    let known = Judged { score: Some(score), ..Judged::unknown(day) };
    match rule.condition {
        Condition::Below { at, inclusive, clear_at } => {
            let holds = score < at || inclusive && score == at;
            Judged { holds: Some(holds), clears: score >= clear_at, ..known }
        }
        Condition::Fell { by, within, from, fleet } => {
            let Some(base) = base(view, (day - within as i32, day - 1), from) else { return known };
            let change = score - base.1;
            let everybody = fleet.and_then(|fleet| all_fell(fleet, moved?)).unwrap_or(Decimal::ZERO);
            let (holds, alone) = (-change > by, -(change - everybody) > by);
            let fleet = (holds && !alone).then_some(everybody);
            Judged { holds: Some(alone), base: Some(base), fleet, ..known }
        }
        Condition::Declining { times, by_at_least, on_null } => {
            let every = rule.measured.every.max(1) as i32;
            let points = falling(view, (day, score), (every, day - rule.reach() as i32), on_null);
            let Some((points, is_bound)) = points else { return known };
            let holds = points.get(times as usize).is_some_and(|first| first.1 - score >= by_at_least);
            Judged {
                holds: Some(holds),
                clears: is_bound,
                base: points.get(times as usize).copied(),
                ..known
            }
        }
    }
}

/// What a fall is measured from: the first known day of some, or the highest.
fn base(view: &View, (first, last): (i32, i32), from: FellFrom) -> Option<(Point, Decimal)> {
    let mut known = view.known(first, last);
    match from {
        FellFrom::Day => known.next(),
        FellFrom::High => known.reduce(|high, next| if next.1 > high.1 { next } else { high }),
    }
}

/// The median move, where it is a fall of everybody.
fn all_fell(fleet: Fleet, moved: Moved) -> Option<Decimal> {
    (moved.accounts >= fleet.accounts && moved.median <= -fleet.by).then_some(moved.median)
}

/// The measurements back from a day for as long as each is higher than the next, and whether there are none; `None` where
/// there is no measurement before to compare with.
fn falling(
    view: &View,
    (day, score): (i32, Decimal),
    (every, oldest): (i32, i32),
    on_null: OnNull,
) -> Option<(Vec<(Point, Decimal)>, bool)> {
    let mut points = vec![(Point { day, score: Some(score), published: Some(score) }, score)];
    let mut compared = false;
    let mut at = day - every;
    while at >= oldest {
        match (view.known(at, at).next(), on_null) {
            (Some(before), _) => {
                compared = true;
                let newer = points[points.len() - 1].1;
                if before.1 <= newer {
                    break;
                }
                points.push(before);
            }
            (None, OnNull::Break) => break,
            (None, OnNull::Skip) => {}
        }
        at -= every;
    }
    compared.then(|| {
        let is_bound = points.len() == 1;
        (points, is_bound)
    })
}
