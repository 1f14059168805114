//! Capability 35: what each component adds to its score.

use std::collections::{BTreeMap, BTreeSet};

use halescore::evidence::{Evidence, difference, rank_correlation, separation};
use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::suggest::{LEAST_GONE, Verdict, weigh};
use proptest::prelude::*;
use serde_json::Value;

use super::world::{DAYS, LEFT_OUT, facts, json, project, refused, text};

/// Numbers with many ties, and who left: a few of each kind at least.
fn told_apart() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<bool>)> {
    prop::collection::vec((0..6_i32, -4..5_i32, any::<bool>()), 8..60).prop_filter_map("both kinds", |rows| {
        let gone: Vec<bool> = rows.iter().map(|row| row.2).collect();
        let left = gone.iter().filter(|gone| **gone).count();
        let with = rows.iter().map(|row| f64::from(row.0 * 2 + i32::from(!row.2))).collect();
        let without = rows.iter().map(|row| f64::from(row.0 + row.1)).collect();
        (left >= 2 && gone.len() - left >= 2).then_some((with, without, gone))
    })
}

/// 1 where the first is higher, a half where they tie.
fn wins(kept: f64, gone: f64) -> f64 {
    if kept > gone {
        1.0
    } else if kept == gone {
        0.5
    } else {
        0.0
    }
}

fn split(numbers: &[f64], gone: &[bool]) -> (Vec<f64>, Vec<f64>) {
    let of = |wanted: bool| {
        numbers
            .iter()
            .zip(gone)
            .filter(move |(_, gone)| **gone == wanted)
            .map(|(number, _)| *number)
            .collect()
    };
    (of(true), of(false))
}

/// Every account that stayed against every one that left.
fn naive_auc(numbers: &[f64], gone: &[bool]) -> f64 {
    let (left, stayed) = split(numbers, gone);
    let sum: f64 = stayed.iter().map(|kept| left.iter().map(|gone| wins(*kept, *gone)).sum::<f64>()).sum();
    sum / (left.len() * stayed.len()) as f64
}

fn variance(numbers: &[f64]) -> f64 {
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / (numbers.len() - 1) as f64
}

/// DeLong's variance of a difference of AUCs by its definition: variances of what each account wins on average.
fn naive_error(one: &[f64], other: &[f64], gone: &[bool]) -> f64 {
    let of = |numbers: &[f64]| {
        let (left, stayed) = split(numbers, gone);
        let lost: Vec<f64> = left
            .iter()
            .map(|gone| stayed.iter().map(|kept| wins(*kept, *gone)).sum::<f64>() / stayed.len() as f64)
            .collect();
        let won: Vec<f64> = stayed
            .iter()
            .map(|kept| left.iter().map(|gone| wins(*kept, *gone)).sum::<f64>() / left.len() as f64)
            .collect();
        (lost, won)
    };
    let ((lost, won), (other_lost, other_won)) = (of(one), of(other));
    let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>();
    let (lost, won) = (apart(&lost, &other_lost), apart(&won, &other_won));
    (variance(&lost) / lost.len() as f64 + variance(&won) / won.len() as f64).sqrt()
}

/// The share that left of the lowest fifth: each account in it as far as it fits, after all that are lower.
fn naive_lowest(numbers: &[f64], gone: &[bool]) -> f64 {
    let fifth = numbers.len() as f64 / 5.0;
    let part = |number: f64| {
        let lower = numbers.iter().filter(|other| **other < number).count() as f64;
        let tied = numbers.iter().filter(|other| **other == number).count() as f64;
        ((fifth - lower) / tied).clamp(0.0, 1.0)
    };
    numbers.iter().zip(gone).filter(|(_, gone)| **gone).map(|(number, _)| part(*number)).sum::<f64>() / fifth
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/suggest_worth.txt", 400))]

    #[test]
    fn capability_35_auc_error_and_lift_equal_those_of_all_pairs((with, without, gone) in told_apart()) {
        let told = separation(&with, &gone).unwrap().expect("both kinds");
        prop_assert!(near(told.auc, naive_auc(&with, &gone)));
        prop_assert!(near(told.standard_error, naive_error(&with, &vec![0.0; with.len()], &gone)));
        let lowest = naive_lowest(&with, &gone);
        prop_assert!(near(told.lowest_fifth_gone, lowest), "{} {lowest}", told.lowest_fifth_gone);
        prop_assert!(near(told.lift, lowest * gone.len() as f64 / told.gone as f64));
        prop_assert_eq!(told.gone + told.kept, gone.len());
        let apart = difference(&with, &without, &gone).unwrap().expect("both kinds");
        prop_assert!(near(apart.auc, naive_auc(&with, &gone) - naive_auc(&without, &gone)));
        prop_assert!(near(apart.standard_error, naive_error(&with, &without, &gone)));
        prop_assert!(difference(&with, &with, &gone).unwrap().expect("both kinds").is_noise());
    }
}

fn evidence(points: Vec<Option<f64>>, without: Vec<Option<f64>>) -> Evidence {
    Evidence { name: "x".to_owned(), title: "X".to_owned(), coverage: None, points, without }
}

/// What follows of points in two hundred accounts of which the first `left` left.
fn verdict(
    left: usize,
    points: impl Fn(usize) -> Option<f64>,
    without: impl Fn(usize) -> Option<f64>,
) -> Verdict {
    let gone: Vec<bool> = (0..200).map(|at| at < left).collect();
    let score: Vec<Option<f64>> =
        (0..200).map(|at| Some(if at < left { at % 7 } else { at % 11 } as f64)).collect();
    let (_, told) = weigh(
        &score,
        &[evidence((0..200).map(points).collect(), (0..200).map(without).collect())],
        Some(&gone),
    )
    .unwrap();
    told[0].verdict
}

#[test]
fn capability_35_components_that_say_nothing_are_told_from_those_that_add() {
    let speaks = |at: usize| Some((at >= 50) as u8 as f64);
    let chance = |at: usize| Some((at % 4) as f64);
    let score = |at: usize| Some(if at < 50 { at % 7 } else { at % 11 } as f64);
    assert_eq!(verdict(50, chance, chance), Verdict::SaysNothing);
    assert_eq!(verdict(50, |_| Some(1.0), chance), Verdict::SaysNothing);
    assert_eq!(verdict(50, |at| speaks(at).map(|number| -number), chance), Verdict::WrongWay);
    assert_eq!(verdict(50, speaks, chance), Verdict::Adds);
    assert_eq!(verdict(50, speaks, score), Verdict::AddsNothing);
    assert_eq!(verdict(50, speaks, speaks), Verdict::Weakens);
    assert_eq!(verdict(50, speaks, |_| None), Verdict::Tells);
    let few = LEAST_GONE - 1;
    assert_eq!(verdict(few, move |at| Some((at >= few) as u8 as f64), chance), Verdict::TooFew);
    assert_eq!(verdict(LEAST_GONE, |at| Some((at >= LEAST_GONE) as u8 as f64), chance), Verdict::Adds);
    assert_eq!(verdict(200 - few, chance, chance), Verdict::TooFew, "those that stayed are too few as well");
    assert_eq!(verdict(50, |at| (at >= 35).then_some(1.0), chance), Verdict::TooFew, "of those with points");
    let gone: Vec<bool> = (0..200).map(|at| at < 50).collect();
    let rare =
        evidence((0..200).map(|at| (at >= 35).then_some(1.0)).collect(), (0..200).map(chance).collect());
    let (_, told) = weigh(&(0..200).map(score).collect::<Vec<_>>(), &[rare], Some(&gone)).unwrap();
    assert_eq!((told[0].gone, told[0].separation, told[0].marginal), (Some(15), None, None));
    let (whole, told) = weigh(&[Some(1.0)], &[evidence(vec![Some(1.0)], vec![None])], None).unwrap();
    assert_eq!((whole, told[0].verdict, told[0].gone), (None, Verdict::Unknown, None));
}

fn rows(sql: &str, day: &str) -> Vec<Value> {
    let told = text(&["query", sql, "--as-of", day, "--format", "json"]);
    serde_json::from_str(&told).expect("rows")
}

/// A column of rows by account.
fn by_account(rows: &[Value], column: &str) -> BTreeMap<String, Option<f64>> {
    rows.iter()
        .map(|row| (row["account_id"].as_str().expect("an account").to_owned(), row[column].as_f64()))
        .collect()
}

#[test]
fn capability_35_the_score_without_a_component_is_that_of_a_score_declared_without_it() {
    let project = Project::load(project().path()).expect("loaded");
    let pipeline = Pipeline::build(project).expect("built");
    let score =
        |name: &str| pipeline.semantics.scores.iter().find(|score| score.name == name).expect("declared");
    let question = pipeline.semantics.without_one(score("health")).expect("it has components");
    assert!(pipeline.semantics.without_one(score("rolled")).is_none());
    let told = rows(&question.sql, DAYS[0]);
    let of = |number: usize| {
        let own: Vec<Value> = told.iter().filter(|row| row["left_out"] == number).cloned().collect();
        by_account(&own, "score")
    };
    let published = |score: &str| {
        by_account(&rows(&format!("SELECT account_id, raw_score FROM scores.{score}"), DAYS[0]), "raw_score")
    };
    assert_eq!(of(0), published("health"));
    let mut components = question.components.clone();
    components.sort();
    assert_eq!(components, BTreeSet::from(LEFT_OUT).into_iter().collect::<Vec<&str>>());
    for (at, component) in question.components.iter().enumerate() {
        let (without, declared) = (of(at + 1), published(&format!("without_{component}")));
        assert_eq!(without.len(), 300);
        assert_eq!(without, declared, "{component}");
        assert_ne!(without, of(0), "{component} matters");
    }
}

#[test]
fn capability_35_what_components_add_is_reckoned_from_what_was_published() {
    let told = json(&["suggest", "worth", "--score", "health"]);
    assert_eq!((&told["as_of_date"], &told["outcome"]["date"]), (&DAYS[0].into(), &DAYS[2].into()));
    let later: BTreeSet<String> =
        facts().into_iter().filter(|fact| fact.day == DAYS[2]).map(|fact| fact.account).collect();
    let accounts: BTreeSet<String> =
        facts().into_iter().filter(|fact| fact.day == DAYS[0]).map(|fact| fact.account).collect();
    let gone: BTreeSet<&String> = accounts.difference(&later).collect();
    assert!(gone.len() > 2 * LEAST_GONE);
    assert_eq!((&told["accounts"], &told["outcome"]["gone"]), (&accounts.len().into(), &gone.len().into()));
    let left =
        |accounts: &[&String]| accounts.iter().map(|account| gone.contains(*account)).collect::<Vec<bool>>();
    let score = by_account(&rows("SELECT account_id, raw_score FROM scores.health", DAYS[0]), "raw_score");
    let (who, numbers): (Vec<&String>, Vec<f64>) =
        score.iter().filter_map(|(account, score)| Some((account, (*score)?))).unzip();
    let number = |value: &Value| value.as_f64().expect("a number");
    assert!(near(number(&told["score"]["auc"]), naive_auc(&numbers, &left(&who))));
    let told = told["components"].as_array().expect("components");
    let names: Vec<&str> = told.iter().filter_map(|component| component["name"].as_str()).collect();
    assert_eq!(names, LEFT_OUT, "in declared order");
    for component in told {
        let name = component["name"].as_str().expect("a name");
        let parts = rows(
            &format!(
                "SELECT account_id, state, (points - min_points) / (max_points - min_points) AS part FROM components.health WHERE component = '{name}'"
            ),
            DAYS[0],
        );
        let points = by_account(&parts, "part");
        let (who, numbers): (Vec<&String>, Vec<f64>) =
            points.iter().filter_map(|(account, part)| Some((account, (*part)?))).unzip();
        let separation = &component["separation"];
        assert!(near(number(&separation["auc"]), naive_auc(&numbers, &left(&who))), "{component}");
        assert!(near(
            number(&separation["standard_error"]),
            naive_error(&numbers, &vec![0.0; who.len()], &left(&who))
        ));
        assert!(near(number(&separation["lowest_fifth_gone"]), naive_lowest(&numbers, &left(&who))));
        assert_eq!(component["accounts"], who.len());
        let state = |wanted: &str| parts.iter().filter(|row| row["state"] == wanted).count() as f64;
        assert!(near(number(&component["coverage"]), state("observed") / (300.0 - state("not_applicable"))));
        let without = by_account(
            &rows(&format!("SELECT account_id, raw_score FROM scores.without_{name}"), DAYS[0]),
            "raw_score",
        );
        let column = |of: &BTreeMap<String, Option<f64>>| {
            accounts.iter().map(|account| of[account]).collect::<Vec<_>>()
        };
        let correlation = rank_correlation(&column(&points), &column(&without)).unwrap().expect("a number");
        assert!(near(number(&component["rest_correlation"]), correlation));
        let both =
            accounts.iter().filter_map(|account| Some((account, (score[account]?, without[account]?))));
        let (who, (with, without)): (Vec<&String>, (Vec<f64>, Vec<f64>)) = both.unzip();
        let marginal = naive_auc(&with, &left(&who)) - naive_auc(&without, &left(&who));
        assert!(near(number(&component["marginal"]["auc"]), marginal), "{component}");
    }
    let verdict = |name: &str| {
        told.iter().find(|component| component["name"] == name).expect("told")["verdict"].clone()
    };
    assert_eq!((verdict("noise"), verdict("logins")), ("says_nothing".into(), "adds".into()));
}

#[test]
fn capability_35_few_that_left_are_too_few_and_an_outcome_to_come_is_not_known() {
    let told = json(&["suggest", "worth", "--score", "health", "--horizon", "30"]);
    let gone = told["outcome"]["gone"].as_u64().expect("a count");
    assert!((1..LEAST_GONE as u64).contains(&gone));
    assert_eq!(told["notes"][0], format!("{gone} left: fewer than 20 are too few to tell"));
    assert!(told["score"].is_null());
    for component in told["components"].as_array().expect("components") {
        assert!(component["separation"].is_null() && component["marginal"].is_null());
        assert!(component["verdict"] == "too_few" && component["rest_correlation"].is_f64(), "{component}");
    }
    let table = text(&["suggest", "worth", "--score", "health", "--horizon", "30"]);
    assert!(table.contains("too few to tell: "), "{table}");
    let told = json(&["suggest", "worth", "--score", "health", "--as-of", DAYS[3]]);
    assert_eq!((&told["outcome"], &told["components"][0]["verdict"]), (&Value::Null, &"unknown".into()));
    let note = told["notes"][0].as_str().expect("a note");
    assert!(note.contains("metrics.accounts has no day 90 days later; its newest is 2026-09-30"), "{note}");
    let newest = json(&["suggest", "worth", "--score", "health", "--horizon", "3000"]);
    assert_eq!(newest["as_of_date"], DAYS[3]);
}

#[test]
fn scores_of_users_are_weighed_too_and_what_cannot_be_is_said() {
    let told = json(&["suggest", "worth", "--score", "people"]);
    assert_eq!(told["components"][0]["name"], "habit");
    assert!(told["components"][0]["separation"]["auc"].as_f64() > Some(0.5));
    assert_eq!(
        (&told["components"][0]["marginal"], &told["components"][0]["verdict"]),
        (&Value::Null, &"tells".into())
    );
    let table = text(&["suggest", "worth", "--score", "health"]);
    for words in [
        "Health at the end of 2026-06-30: 300 rows; ",
        "gone on 2026-09-28",
        "The score itself: AUC 0.",
        "says nothing: may be chance",
        "adds to the score",
    ] {
        assert!(table.contains(words), "{words}: {table}");
    }
    assert!(
        refused(2, &["suggest", "worth", "--score", "rolled"]).contains("is made of the scores of others")
    );
    assert!(refused(2, &["suggest", "worth", "--score", "helth"]).contains("did you mean `health`?"));
    assert_eq!(text(&["suggest", "worth"]), table, "the main score, where none is named");
    assert!(
        refused(2, &["suggest", "worth", "--score", "health", "--as-of", "2026-07-01"])
            .contains("has no day 2026-07-01; published are 5 days")
    );
    assert!(
        refused(2, &["suggest", "worth", "--score", "health", "--as-of", super::world::EMPTY_DAY])
            .contains("has no rows on")
    );
    assert!(
        refused(1, &["suggest", "worth", "--score", "health", "--out", "elsewhere"])
            .contains("is not published in")
    );
}

#[test]
fn what_another_definition_published_is_not_taken_for_this_ones() {
    let copy = tempfile::tempdir().expect("a folder");
    for (path, bytes) in super::world::files(project().path()) {
        let relative = std::path::Path::new(&path).strip_prefix(project().path()).expect("below");
        let to = copy.path().join(relative);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::write(to, bytes).expect("written");
    }
    let changed = copy.path().join("sql/scores/health.yml");
    let yaml = std::fs::read_to_string(&changed).expect("read").replace("weight: 60", "weight: 50");
    std::fs::write(&changed, yaml).expect("written");
    for question in [
        &["worth", "--score", "health", "--as-of", DAYS[0]][..],
        &["bins", "--component", "usage", "--score", "health", "--as-of", DAYS[0]],
    ] {
        let output = super::world::hale(copy.path(), &[&["suggest"], question].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2));
        assert!(
            told.contains("was published by another definition; `hale run --as-of 2026-06-30 --rescore`"),
            "{told}"
        );
    }
}
