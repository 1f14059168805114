//! Who moves most, and why.

use std::cmp::Reverse;

use super::rows::Rows;
use super::scored::Scored;
use super::told::{Mover, MoverCause};
use super::walk::Cause;
use crate::explain::of_units;

/// The rows that move most: those that get a score or lose it, then by the size of their change, their ARR and their keys.
pub(super) fn movers(
    (rows, first, last): (&Rows, &Scored, &Scored),
    causes: &[Cause],
    most: usize,
) -> Vec<Mover> {
    let change = |row: usize| Some(last.score[row]? - first.score[row]?);
    let is_rescored = |row: usize| first.score[row].is_some() != last.score[row].is_some();
    let moves =
        |row: &usize| change(*row).is_some_and(|change| change != 0) || first.tier[*row] != last.tier[*row];
    let mut moving: Vec<usize> = (0..rows.len()).filter(moves).collect();
    let arr = |row: usize| rows.arr.as_ref().map_or(0, |arr| arr[row]);
    moving.sort_by_key(|row| {
        let size = change(*row).map_or(0, i64::unsigned_abs);
        Reverse((is_rescored(*row), size, arr(*row)))
    });
    moving.truncate(most);
    let text =
        |texts: &Option<Vec<Option<String>>>, row: usize| texts.as_ref().and_then(|texts| texts[row].clone());
    let mover = |row: usize| Mover {
        account_id: rows.keys[row].first().cloned().unwrap_or_default(),
        user_id: rows.keys[row].get(1).cloned(),
        as_of_date: rows.days[row],
        account_name: text(&rows.name, row),
        owner_id: text(&rows.owner, row),
        arr: rows.arr_of([row]),
        from_score: first.score[row].map(of_units),
        to_score: last.score[row].map(of_units),
        from_tier: first.tier[row].clone(),
        to_tier: last.tier[row].clone(),
        change: change(row).map(of_units),
        causes: causes_of(row, causes, is_rescored(row)),
    };
    moving.into_iter().map(mover).collect()
}

/// What moved a row: what changed its score, or else its tier; or whether it has a score, the last word on that.
fn causes_of(row: usize, causes: &[Cause], is_rescored: bool) -> Vec<MoverCause> {
    let told = |cause: &Cause| MoverCause {
        reason: cause.label.reason,
        kind: cause.label.kind,
        part: cause.label.part.clone(),
        title: cause.label.title.clone(),
        change: of_units(cause.change[row]),
    };
    if is_rescored {
        return causes.iter().rev().find(|cause| cause.rescored[row]).map(told).into_iter().collect();
    }
    let mut own: Vec<&Cause> = causes.iter().filter(|cause| cause.change[row] != 0).collect();
    if own.is_empty() {
        own = causes.iter().filter(|cause| cause.retiered[row]).collect();
    }
    own.sort_by_key(|cause| Reverse(cause.change[row].unsigned_abs()));
    own.into_iter().map(told).collect()
}
