//! From one definition to another, change by change: the way ends at the other one, and every definition on it is one.

use std::collections::BTreeSet;

use halescore::diff::{Kind, changes};
use halescore::semantic::Score;

use super::world::{comparable_pairs, score};
use crate::semantic::engines;
use crate::semantic::numbers::tables;
use crate::semantic::world::{self, FIRST_DAY, date};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// The query that says all of what a definition means for the number, the tier and the scorecard.
fn query(score: &Score) -> String {
    score.of_everybody(&[date(FIRST_DAY + 5)]).expect("no roll-up")
}

#[test]
fn the_last_change_is_the_new_definition_and_without_any_there_is_none() {
    let mut kinds: BTreeSet<Kind> = BTreeSet::new();
    for (old, new) in comparable_pairs(300, |_| true) {
        let (before, after) = (score(&old).unwrap(), score(&new).unwrap());
        let way = changes(&before, &after);
        let last = way.last().map_or(&before, |change| &change.definition);
        if way.is_empty() {
            // Weights that stand to each other as they did, and no more.
            assert_eq!(without_numbers(&query(last)), without_numbers(&query(&after)), "{old:?}\n{new:?}");
        } else {
            assert_eq!(query(last), query(&after), "{old:?}\n{new:?}");
        }
        assert!(way.iter().all(|change| change.from != change.to), "{way:?}");
        kinds.extend(way.iter().map(|change| change.kind));
        assert_eq!(changes(&after, &after), []);
    }
    for kind in [
        Kind::Measure,
        Kind::Points,
        Kind::Missing,
        Kind::Weight,
        Kind::Added,
        Kind::Removed,
        Kind::Groups,
        Kind::Scorecards,
        Kind::Usage,
        Kind::MinCoverage,
        Kind::Overrides,
        Kind::Rounding,
        Kind::Tiers,
    ] {
        assert!(kinds.contains(&kind), "no pair shows {kind:?}: {kinds:?}");
    }
}

fn without_numbers(query: &str) -> String {
    query.chars().filter(|c| !c.is_ascii_digit() && !".-e".contains(*c)).collect()
}

/// Weights of a group that are all so many times what they were decide what they did.
#[test]
fn weights_that_stand_to_each_other_as_they_did_are_no_change() {
    let components = "a: {title: T, value: m0, bins: [{below: 1, points: 0}, {points: 2}]}\nb: {title: T, value: m1, bins: [{points: 2}]}\n";
    let of = |weights: &str, more: &str| {
        let text = format!("{{title: S, version: '1', components: {weights}{more}, tiers: [{{name: t}}]}}");
        crate::semantic::parse(components, &text).unwrap().scores.remove(0)
    };
    let kinds =
        |old: &Score, new: &Score| changes(old, new).iter().map(|change| change.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&of("{a: 1, b: 2}", ""), &of("{a: 50, b: 100}", "")), []);
    assert_eq!(kinds(&of("{a: 1, b: 2}", ""), &of("{a: 2, b: 2}", "")), [Kind::Weight]);
    let sum = ", aggregate: {additive: {base: 0, min: 0, max: 100}}";
    assert_eq!(kinds(&of("{a: 1, b: 2}", sum), &of("{a: 2, b: 4}", sum)), [Kind::Weight, Kind::Weight]);
}

/// Words for people and the order of what is written are no change, beside one that is.
#[test]
fn words_and_order_are_no_change() {
    let mut told = 0;
    for (old, _) in comparable_pairs(60, |_| true) {
        let mut new = old.clone();
        new.score.rounding = Some(3);
        new.components.reverse();
        let (components, text) = new.yaml();
        let words = components.replace("title: T", "title: 'Other', docs: why, owner: me, unit: days");
        let before = score(&old).unwrap();
        let Ok(semantics) = crate::semantic::parse(&format!("# a comment\n\n{words}"), &text) else {
            continue;
        };
        let kinds: Vec<Kind> =
            changes(&before, &semantics.scores[0]).iter().map(|change| change.kind).collect();
        assert_eq!(kinds, [Kind::Rounding], "{old:?}");
        told += 1;
    }
    assert!(told > 40, "{told}");
}

/// Definitions between two others are computed like any other.
#[test]
fn every_definition_on_the_way_can_be_computed() {
    let mut runner = TestRunner::deterministic();
    let rows = world::tables(20..30).new_tree(&mut runner).unwrap().current();
    let mut computed = 0;
    for (old, new) in comparable_pairs(25, |_| true) {
        let overrides = |by_user: bool| ("metrics.overrides", world::overrides(&rows, by_user));
        for change in changes(&score(&old).unwrap(), &score(&new).unwrap()) {
            let mut given = tables(&new, &rows);
            given.retain(|(name, _)| *name != "metrics.overrides");
            given.push(overrides(new.score.by_user));
            let found = engines::run(&given, &query(&change.definition), 2);
            assert!(found.is_ok(), "{:?}: {}", change.kind, found.err().unwrap());
            computed += 1;
        }
    }
    assert!(computed > 50, "{computed}");
}
