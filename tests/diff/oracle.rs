//! What is told of two definitions, held against both worked out row by row from the published metrics, without SQL.

use std::collections::BTreeMap;

use serde_json::Value;

use super::world::{comparable_pairs, world};
use crate::semantic::language::{Bin, Definition, Part, Rule};
use crate::semantic::naive::evaluate;
use crate::semantic::published::{final_score, magnitude, snapped, tier};
use crate::semantic::world::{Row, date};

/// How many units make 1.
const UNITS: f64 = 1e10;

fn units(number: f64) -> i64 {
    (number * UNITS).round() as i64
}

/// The score and tier of each row by a definition; no tier where a hair decides it.
fn naive(definition: &Definition, rows: &[Row]) -> Vec<(Option<f64>, Option<String>)> {
    let told = |(row, raw): (&Row, Option<f64>)| {
        let at = |raw: Option<f64>| {
            let (unrounded, score) = final_score(definition, row, raw.map(|raw| snapped(raw, definition)));
            let tier = tier(definition, unrounded, score);
            (score, tier.map_or_else(|| "unscored".to_owned(), |at| format!("t{at}")))
        };
        let hair = 1e-9 * magnitude(definition);
        let (score, name) = at(raw);
        let sides = [raw.map(|raw| raw - hair), raw.map(|raw| raw + hair)].map(at);
        let is_sure = sides.iter().all(|(_, other)| *other == name);
        let is_near =
            |other: Option<f64>| score.zip(other).is_none_or(|(score, other)| (score - other).abs() < 1e-6);
        // What a hair rounds to another number is not told here.
        let is_sure = is_sure && sides.iter().all(|(other, _)| is_near(*other));
        (score, is_sure.then_some(name))
    };
    let scored = evaluate(definition, rows);
    rows.iter().zip(scored).map(|(row, scored)| told((row, scored.raw))).collect()
}

/// The rows that move, by account and day.
fn movers(told: &Value) -> BTreeMap<(String, String), &Value> {
    let text = |mover: &Value, key: &str| mover[key].as_str().expect("a text").to_owned();
    let movers = told["movers"].as_array().expect("movers");
    movers.iter().map(|mover| ((text(mover, "account_id"), text(mover, "as_of_date")), mover)).collect()
}

fn key(row: &Row) -> (String, String) {
    (row.key(false).0, date(row.day).to_string())
}

#[test]
fn capability_113_scores_tiers_means_and_parts_are_those_of_both_definitions_worked_out() {
    let world = world();
    let (mut moved, mut split) = (0, 0);
    for (old, new) in comparable_pairs(14, |definition| !definition.score.by_user) {
        let told = world.diff(&old, &new);
        let (before, after) = (naive(&old, &world.rows), naive(&new, &world.rows));
        let said = movers(&told);
        let (mut changes, mut is_sure) = (Vec::new(), true);
        let mut matrix: BTreeMap<(String, String), u64> = BTreeMap::new();
        for (row, (before, after)) in world.rows.iter().zip(before.iter().zip(&after)) {
            let mover = said.get(&key(row));
            let change = before.0.zip(after.0).map(|(before, after)| after - before);
            let of = |field: &str| mover.and_then(|mover| mover[field].as_f64());
            let near = |found: f64, exact: f64| (found - exact).abs() < 1e-8 * magnitude(&old);
            let (Some(from), Some(to)) = (&before.1, &after.1) else {
                is_sure = false;
                continue;
            };
            *matrix.entry((from.clone(), to.clone())).or_default() += 1;
            changes.extend(change);
            match change {
                Some(change) => {
                    assert!(
                        near(of("change").unwrap_or(0.0), change),
                        "{row:?} {mover:?} {change}\n{old:?}{new:?}"
                    );
                    assert!(
                        of("from_score").is_none_or(|score| near(score, before.0.unwrap())),
                        "{row:?} {mover:?}"
                    );
                    moved += usize::from(change != 0.0);
                }
                None => assert_eq!(of("change"), None, "{row:?} {mover:?}"),
            }
            if let Some(mover) = mover {
                assert_eq!(
                    (mover["from_tier"].as_str(), mover["to_tier"].as_str()),
                    (Some(from.as_str()), Some(to.as_str()))
                );
            } else {
                assert_eq!(from, to, "{row:?}");
            }
            split += usize::from(sums_to_its_change(mover.copied()) > 1);
        }
        parts_sum_to_the_mean(&told);
        if is_sure {
            let mean = changes.iter().sum::<f64>() / changes.len() as f64;
            assert!(
                (told["change"]["mean"].as_f64().unwrap_or(f64::NAN) - mean).abs() < 1e-8
                    || changes.is_empty(),
                "{told}"
            );
            let migrations = told["migrations"].as_array().expect("migrations").iter();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let told: BTreeMap<(String, String), u64> = migrations
                .map(|one| ((text(&one["from"]), text(&one["to"])), one["rows"].as_u64().unwrap()))
                .collect();
            assert_eq!(told, matrix);
        }
    }
    assert!(moved > 300 && split > 60, "{moved} rows move, {split} for more than one reason");
}

/// The causes of a mover sum to its change, to the last unit; how many there are.
fn sums_to_its_change(mover: Option<&Value>) -> usize {
    let Some(mover) = mover else { return 0 };
    let causes = mover["causes"].as_array().expect("causes");
    if let Some(change) = mover["change"].as_f64() {
        let sum: i64 = causes.iter().map(|cause| units(cause["change"].as_f64().unwrap())).sum();
        assert_eq!(sum, units(change), "{mover}");
    }
    causes.len()
}

/// The mean changes of causes sum to the mean change, but for what doubles lose.
fn parts_sum_to_the_mean(told: &Value) {
    let Some(mean) = told["change"]["mean"].as_f64() else { return };
    for list in ["causes", "parts"] {
        let parts = told[list].as_array().expect("a list").iter();
        let sum: f64 = parts.map(|part| part["mean_change"].as_f64().unwrap()).sum();
        assert!((sum - mean).abs() < 1e-9, "{list}: {sum}, not {mean}: {told}");
    }
}

/// Three changes, one after the other: each has the part that two whole definitions differ by, worked out by hand.
#[test]
fn each_change_has_the_part_by_which_two_definitions_around_it_differ() {
    let world = world();
    let mut shown = 0;
    for (old, _) in comparable_pairs(40, |one| {
        !one.score.by_user && one.components.len() > 1 && one.score.cards.is_empty()
    }) {
        // Bins of the first component, then weights, then a rounding: in this order by what is declared.
        let mut binned = old.clone();
        let Some(Rule::Bins(bins)) =
            binned.components[0].scoring.cases.first_mut().map(|case| &mut case.rule)
        else {
            continue;
        };
        if !turned(bins) || binned.score.rounding.is_some() {
            continue;
        }
        let mut weighed = binned.clone();
        let Some(first) = weighed.score.parts.as_mut().and_then(|parts| parts.first_mut()) else { continue };
        let Part { weight, .. } = first;
        *weight = Some(weight.unwrap_or(1.0) * 4.0);
        let mut rounded = weighed.clone();
        rounded.score.rounding = Some(0);
        let way = [&old, &binned, &weighed, &rounded];
        if way.iter().any(|one| super::world::score(one).is_none()) {
            continue;
        }
        let scores = way.map(|definition| naive(definition, &world.rows));
        let told = world.diff(&old, &rounded);
        let said = movers(&told);
        for (at, row) in world.rows.iter().enumerate() {
            let all: Vec<Option<f64>> =
                scores.iter().map(|scores| scores[at].1.as_ref().and(scores[at].0)).collect();
            let (Some(all), Some(mover)) =
                (all.into_iter().collect::<Option<Vec<f64>>>(), said.get(&key(row)))
            else {
                continue;
            };
            for (kind, pair) in ["points", "weight", "rounding"].into_iter().zip(all.windows(2)) {
                let causes = mover["causes"].as_array().unwrap().iter().filter(|cause| cause["kind"] == kind);
                let part: f64 = causes.map(|cause| cause["change"].as_f64().unwrap()).sum();
                assert!((part - (pair[1] - pair[0])).abs() < 1e-7, "{kind} {part} {pair:?} {mover}");
                shown += usize::from(part != 0.0);
            }
        }
        if shown > 200 {
            return;
        }
    }
    panic!("only {shown} parts are shown");
}

/// Gives the points of each bin to its neighbour; whether that changes anything.
fn turned(bins: &mut [Bin]) -> bool {
    let before: Vec<f64> = bins.iter().map(|bin| bin.points).collect();
    let mut after = before.clone();
    after.rotate_left(1);
    bins.iter_mut().zip(&after).for_each(|(bin, points)| bin.points = *points);
    before != after
}
