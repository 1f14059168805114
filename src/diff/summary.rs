//! From what happens to everybody to what is told of it.

use std::collections::BTreeMap;

use super::cause::Reason;
use super::gates::Limits;
use super::movers::movers;
use super::rows::Rows;
use super::scored::Scored;
use super::told::{AtLeast, CauseTold, Diff, End, Group, Migration, Moved, Part, Spread};
use super::walk::{Cause, Walk};
use crate::error::Result;
use crate::explain::{of_units, units};
use crate::semantic::{Entity, Score};

/// Changes that people ask about, in hundredths of the scale.
const STEPS: [f64; 3] = [1.0, 5.0, 10.0];

/// A comparison that was computed, and what its numbers are called.
pub(super) struct Compared<'a> {
    /// The score as it is at the second end.
    pub(super) score: &'a Score,
    /// The tiers of the first end.
    pub(super) old_tiers: Vec<String>,
    pub(super) old: End,
    pub(super) new: End,
    pub(super) days: usize,
    pub(super) commit: u64,
    pub(super) rows: Rows,
    pub(super) walk: Walk,
    /// How many movers are named.
    pub(super) movers: usize,
    pub(super) notes: Vec<String>,
}

impl Compared<'_> {
    /// What is told of it, and whether it keeps within limits.
    ///
    /// # Errors
    /// For a limit that it cannot be held against.
    pub(super) fn told(self, limits: Limits) -> Result<Diff> {
        let Self { score, old_tiers, old, new, days, commit, rows, walk, movers: wanted, notes } = self;
        let (first, last, causes) = walk.ended();
        let all: Vec<usize> = (0..rows.len()).collect();
        let ends = Ends { rows: &rows, first: &first, last: &last };
        let scored = |row: &&usize| ends.change(**row).is_some();
        let only = |has: &Scored, lacks: &Scored| {
            all.iter().filter(|row| has.score[**row].is_some() && lacks.score[**row].is_none()).count()
        };
        let tiers = tiers(old_tiers, score);
        let moved = ends.moved(&all);
        let told: Vec<CauseTold> = causes.iter().map(|cause| ends.cause(cause)).collect();
        Ok(Diff {
            score_name: score.name.clone(),
            title: score.title.clone(),
            entity: if score.entity == Entity::User { "user" } else { "account" },
            old,
            new,
            days,
            commit,
            rows: rows.len(),
            scored: all.iter().filter(scored).count(),
            lost: only(&first, &last),
            gained: only(&last, &first),
            arr: rows.arr_of(all.iter().copied()),
            gates: limits.gates(&moved, score.entity.table())?,
            moved,
            change: ends.spread(&all, score.scale.width()),
            parts: parts(&told),
            causes: told,
            migrations: ends.migrations(&tiers),
            tiers,
            segments: rows.segment.as_ref().map(|segments| ends.groups(segments)),
            scorecards: ends.groups(&last.card),
            movers: movers((&rows, &first, &last), &causes, wanted),
            notes,
        })
    }
}

/// The tiers of both ends, and that of who has no score last.
fn tiers(old: Vec<String>, new: &Score) -> Vec<String> {
    let mut tiers: Vec<String> = new.tier_names().map(str::to_owned).collect();
    for (at, tier) in old.into_iter().enumerate() {
        if !tiers.contains(&tier) {
            tiers.insert(at.min(tiers.len() - 1), tier);
        }
    }
    tiers
}

fn parts(causes: &[CauseTold]) -> Vec<Part> {
    let mut sums: BTreeMap<Reason, f64> = BTreeMap::new();
    for cause in causes {
        *sums.entry(cause.reason).or_default() += cause.mean_change;
    }
    sums.into_iter().map(|(reason, mean_change)| Part { reason, mean_change }).collect()
}

/// Everybody at both ends.
struct Ends<'a> {
    rows: &'a Rows,
    first: &'a Scored,
    last: &'a Scored,
}

impl Ends<'_> {
    /// The change of a row, where it has a score at both ends.
    fn change(&self, row: usize) -> Option<i64> {
        Some(self.last.score[row]? - self.first.score[row]?)
    }

    fn moved(&self, rows: &[usize]) -> Moved {
        let moves = |row: &usize| self.first.tier[*row] != self.last.tier[*row];
        let moved: Vec<usize> = rows.iter().copied().filter(moves).collect();
        let share = |part: f64, whole: f64| if whole == 0.0 { 0.0 } else { part / whole };
        let (arr, all) = (self.rows.arr_of(moved.iter().copied()), self.rows.arr_of(rows.iter().copied()));
        Moved {
            rows: moved.len(),
            share: share(moved.len() as f64, rows.len() as f64),
            arr,
            arr_share: arr.zip(all).map(|(arr, all)| share(arr, all)),
        }
    }

    fn mean(&self, rows: &[usize]) -> Option<f64> {
        let changes: Vec<i64> = rows.iter().filter_map(|row| self.change(*row)).collect();
        mean(&changes)
    }

    fn spread(&self, rows: &[usize], width: f64) -> Spread {
        let mut changes: Vec<i64> = rows.iter().filter_map(|row| self.change(*row)).collect();
        changes.sort_unstable();
        let count = changes.len();
        let median =
            (count > 0).then(|| (of_units(changes[(count - 1) / 2]) + of_units(changes[count / 2])) / 2.0);
        let at_least = STEPS.map(|step| {
            let change = step * width / 100.0;
            let least = units(change).unsigned_abs();
            let rows = changes.iter().filter(|change| change.unsigned_abs() >= least).count();
            AtLeast { change, rows, share: if count == 0 { 0.0 } else { rows as f64 / count as f64 } }
        });
        Spread { mean: mean(&changes), median, at_least: at_least.to_vec() }
    }

    fn cause(&self, cause: &Cause) -> CauseTold {
        let scored = (0..self.rows.len()).filter(|row| self.change(*row).is_some()).count();
        let sum: i128 = cause.change.iter().map(|change| i128::from(*change)).sum();
        let both = cause.change.iter().zip(&cause.retiered);
        CauseTold {
            reason: cause.label.reason,
            kind: cause.label.kind,
            part: cause.label.part.clone(),
            title: cause.label.title.clone(),
            from: cause.label.from.clone(),
            to: cause.label.to.clone(),
            rows: both.filter(|(change, retiered)| **change != 0 || **retiered).count(),
            tier_changes: cause.retiered.iter().filter(|retiered| **retiered).count(),
            mean_change: if scored == 0 { 0.0 } else { sum as f64 / of_one(scored) },
        }
    }

    fn migrations(&self, tiers: &[String]) -> Vec<Migration> {
        let mut found: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        let place = |tier: &String| tiers.iter().position(|known| known == tier).unwrap_or(tiers.len());
        for row in 0..self.rows.len() {
            let way = (place(&self.first.tier[row]), place(&self.last.tier[row]));
            found.entry(way).or_default().push(row);
        }
        let name = |at: usize| tiers.get(at).cloned().unwrap_or_default();
        let migration = |((from, to), rows): ((usize, usize), Vec<usize>)| Migration {
            from: name(from),
            to: name(to),
            rows: rows.len(),
            arr: self.rows.arr_of(rows),
        };
        found.into_iter().map(migration).collect()
    }

    fn groups(&self, names: &[Option<String>]) -> Vec<Group> {
        let mut found: BTreeMap<&Option<String>, Vec<usize>> = BTreeMap::new();
        for (row, name) in names.iter().enumerate() {
            found.entry(name).or_default().push(row);
        }
        let group = |(name, rows): (&Option<String>, Vec<usize>)| Group {
            name: name.clone(),
            rows: rows.len(),
            mean_change: self.mean(&rows),
            moved: self.moved(&rows),
        };
        found.into_iter().map(group).collect()
    }
}

fn mean(changes: &[i64]) -> Option<f64> {
    let sum: i128 = changes.iter().map(|change| i128::from(*change)).sum();
    (!changes.is_empty()).then(|| sum as f64 / of_one(changes.len()))
}

/// What a sum of units is divided by to be the mean of so many scores.
fn of_one(scored: usize) -> f64 {
    scored as f64 * units(1.0) as f64
}
