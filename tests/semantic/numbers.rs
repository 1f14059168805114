//! The compiled SQL computes what the YAML means: random definitions over random tables against the naive evaluator.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::chance;
use super::compile;
use super::engines::{self, Record, Tables, double, integer, text, truth};
use super::language::Definition;
use super::naive::{self, Explained, Scored, decimal};
use super::published::{self, final_score, tier};
use super::world::{self, Row};

/// Every row of the two models, by account, user and day.
pub struct Published {
    pub components: HashMap<String, Vec<Record>>,
    pub scores: HashMap<String, Record>,
}

/// The tables that the models of a definition read.
pub fn tables(definition: &Definition, rows: &[Row]) -> Tables {
    let by_user = definition.score.by_user;
    let name = if by_user { "metrics.users" } else { "metrics.accounts" };
    vec![(name, world::metrics(rows, by_user)), ("metrics.overrides", world::overrides(rows, by_user))]
}

/// Runs both models of a definition.
pub fn publish(definition: &Definition, rows: &[Row], partitions: usize) -> Published {
    let (components, score) = definition.yaml();
    let (components, score) = compile(&components, &score);
    let tables = tables(definition, rows);
    let run = |query: &str| {
        let found = engines::run(&tables, query, partitions);
        found.unwrap_or_else(|error| panic!("{error}\n{query}\n{:?}", definition.yaml()))
    };
    let mut explained: HashMap<String, Vec<Record>> = HashMap::new();
    for record in run(components.query()) {
        explained.entry(published::key(&record)).or_default().push(record);
    }
    let records = run(score.query()).into_iter();
    let scores = records.map(|record| (published::key(&record), record)).collect();
    Published { components: explained, scores }
}

/// Runs a property over so many random cases, the same ones each time, or `PROPTEST_CASES` others.
pub fn check<S: Strategy>(
    cases: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: std::env::var("SHRINK").map_or(50, |n| n.parse().unwrap()),
        ..ProptestConfig::default()
    };
    let mut runner = if std::env::var_os("PROPTEST_CASES").is_some() {
        TestRunner::new(config)
    } else {
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        TestRunner::new_with_rng(ProptestConfig { cases, ..config }, rng)
    };
    runner.run(strategy, property).unwrap_or_else(|failure| panic!("{failure}"));
}

/// Whether a published number is the one that was worked out: on the grid of scores, and next to it.
fn is_near(found: Option<f64>, exact: Option<f64>, definition: &Definition) -> bool {
    let (Some(found), Some(exact)) = (found, exact) else { return found.is_none() && exact.is_none() };
    let hair = 2e-14 * published::magnitude(definition);
    if published::takes_away(definition) {
        return found == published::snapped(found, definition)
            && (found - exact).abs() <= 1e-11 * published::magnitude(definition);
    }
    // Doubles that differ by a hair are one decimal, but for those that a half lies between.
    found == decimal(exact - hair) || found == decimal(exact + hair)
}

fn check_score(definition: &Definition, row: &Row, record: &Record, expected: &Scored) {
    let raw = double(record, "raw_score");
    assert!(is_near(raw, expected.raw, definition), "raw_score {raw:?}, not {:?}", expected.raw);
    let (unrounded, score) = final_score(definition, row, raw);
    assert_eq!(double(record, "score"), score);
    let (low, high) = definition.score.scale.unwrap_or((0.0, 100.0));
    assert!(score.is_none_or(|score| (low..=high).contains(&score)));
    let tier = tier(definition, unrounded, score);
    let name = tier.map_or_else(|| "unscored".to_owned(), |at| format!("t{at}"));
    assert_eq!(text(record, "tier"), Some(name));
    assert_eq!(integer(record, "tier_rank"), tier.map(|at| at as i64 + 1));
    assert_eq!(truth(record, "is_at_risk"), tier.map(|at| at < definition.score.at_risk));
    let share = score.map(|score| (score - low) / (high - low));
    let found = double(record, "score_share");
    assert_eq!(found.is_some(), share.is_some());
    assert!(found.zip(share).is_none_or(|(found, share)| (found - share).abs() < 1e-10));
    assert_eq!(double(record, "coverage"), Some(expected.coverage));
    assert_eq!(text(record, "scorecard").as_deref(), Some(expected.card.as_str()));
    assert_eq!(text(record, "matched_rule").is_some(), expected.has_rule);
    assert_eq!(text(record, "reason").is_some(), score.is_none());
    for (name, value) in &expected.groups {
        let found = double(record, &format!("group_{name}"));
        let near = found.zip(*value).is_none_or(|(found, value)| (found - value).abs() < 1e-9);
        assert!(found.is_some() == value.is_some() && near, "{name}: {found:?}, not {value:?}");
    }
}

fn check_component(record: &Record, expected: &Explained, whole: Option<f64>) {
    let name = &expected.name;
    assert_eq!(text(record, "group_path").unwrap_or_default(), expected.path, "{name}");
    assert_eq!(text(record, "state").as_deref(), Some(expected.measured.state), "{name}");
    assert_eq!(double(record, "value"), expected.measured.value, "{name}");
    assert_eq!(text(record, "category"), expected.measured.category, "{name}");
    assert_eq!(double(record, "measure"), expected.measured.measure, "{name}");
    assert_eq!(integer(record, "bin"), expected.bin, "{name}");
    assert_eq!(text(record, "bin_label"), expected.label, "{name}");
    assert_eq!(text(record, "on_missing").as_deref(), expected.policy, "{name}");
    assert_eq!(text(record, "evidence"), expected.evidence, "{name}");
    let (low, high) = expected.range;
    assert_eq!(
        (double(record, "min_points"), double(record, "max_points")),
        (Some(low), Some(high)),
        "{name}"
    );
    assert_eq!(double(record, "weight"), Some(expected.weight), "{name}");
    let points = double(record, "points");
    if let (Some(found), Some(points), false) = (points, expected.points, expected.listed) {
        assert!((found - points).abs() <= 1e-12 * (high - low), "{name}: {found}, not {points}");
    } else {
        assert_eq!(points, expected.points, "{name}");
    }
    assert!(points.is_none_or(|points| (low..=high).contains(&points)), "{name}: {points:?}");
    let weight = double(record, "effective_weight");
    let near = weight.is_none_or(|weight| (weight - expected.effective_weight).abs() < 1e-9);
    assert!(near && weight.is_some() == whole.is_some(), "{name}: {weight:?} {}", expected.effective_weight);
}

/// The parts of a row: each as worked out, and together the score, to the last bit and in any order.
fn check_components(definition: &Definition, records: &[Record], expected: &Scored, raw: Option<f64>) {
    let names: Vec<String> =
        records.iter().map(|record| text(record, "component").expect("a name")).collect();
    let has_base = usize::from(published::has_base(definition));
    assert_eq!(names.len(), expected.parts.len() + has_base, "{names:?}");
    let mut contributions = Vec::new();
    for (name, record) in names.iter().zip(records) {
        let contribution = double(record, "contribution");
        assert_eq!(contribution.is_some(), raw.is_some(), "{name}");
        contributions.extend(contribution);
        let Some(part) = expected.parts.iter().find(|part| part.name == *name) else {
            assert_eq!((name.as_str(), text(record, "state").as_deref()), ("base", Some("base")));
            continue;
        };
        check_component(record, part, expected.whole);
        let distance = contribution.map_or(0.0, |found| (found - part.contribution).abs());
        assert!(
            distance < 1e-9 * published::magnitude(definition),
            "{name}: {contribution:?} {}",
            part.contribution
        );
    }
    if let Some(raw) = raw {
        assert_eq!(contributions.iter().sum::<f64>(), raw);
        assert_eq!(contributions.iter().rev().sum::<f64>(), raw);
        contributions.sort_by(f64::total_cmp);
        assert_eq!(contributions.iter().sum::<f64>(), raw);
    }
}

#[test]
fn random_definitions_over_random_tables_equal_the_naive_evaluator() {
    check(80, &(chance::definitions(), world::tables(180..260)), |(definition, rows)| {
        let found = publish(&definition, &rows, 2);
        let expected = naive::evaluate(&definition, &rows);
        assert_eq!((found.components.len(), found.scores.len()), (rows.len(), rows.len()));
        for (row, expected) in rows.iter().zip(&expected) {
            let key = published::key_of(&definition, row);
            let (score, components) = (&found.scores[&key], &found.components[&key]);
            let checked = catch_unwind(AssertUnwindSafe(|| {
                check_score(&definition, row, score, expected);
                check_components(&definition, components, expected, double(score, "raw_score"));
            }));
            prop_assert!(checked.is_ok(), "{row:?}\n{expected:?}");
        }
        published::check_places(&definition, &found.scores);
        Ok(())
    });
}
