//! Two published days, by hand: definition, data and coverage of every account, exactly.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cli::{Project, code, err, good};

/// Facts of each account and day: how much, half of it where that is whole, and what it is worth.
const METRICS: &str = "-- Facts.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, -- who\n  as_of_date DATE NOT NULL, -- when\n  \
    n BIGINT NOT NULL, -- how much\n  half BIGINT, -- half of it\n  arr DECIMAL(18, 2) NOT NULL, -- worth\n  segment VARCHAR NOT NULL, -- of which kind\n  \
    PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
    SELECT account_id, day AS as_of_date, n, CASE WHEN n % 2 = 0 THEN n / 2 END AS half, CAST(n * 100 AS DECIMAL(18, 2)) AS arr, \
    CASE WHEN account_id < 'd' THEN 'early' ELSE 'late' END AS segment FROM staging.events\n";
const COMPONENTS: &str = "amount: {title: Amount, value: n, bins: [{below: 6, points: 0}, {points: 4}]}\n\
    half: {title: Half, value: half, linear: {from: 0, to: 10, points: [0, 10]}}\n";

fn score(weight: u32, more: &str) -> String {
    format!(
        "title: Health\nversion: '1'\ncomponents: {{amount: {weight}, half: 1}}\n{more}tiers: [{{name: low, below: 40, at_risk: true}}, {{name: high}}]\n"
    )
}

/// Accounts with what they had on the first day and on the second.
const FACTS: [(&str, i64, i64); 7] = [
    ("a", 4, 8),    // known on both days: data
    ("b", 5, 12),   // half becomes known: coverage, then data
    ("c", 12, 5),   // half becomes unknown
    ("d", 2, 2),    // nothing but the definition
    ("e", 7, 7),    // half unknown on both days: no weight changes anything
    ("f", 20, 18),  // data and definition
    ("it's", 3, 1), // neither
];

/// The score by hand: the mean of two shares by weight, of those that are known.
fn by_hand(amount: i64, half: Option<i64>, weight: f64) -> f64 {
    let share = if amount < 6 { 0.0 } else { 1.0 };
    match half {
        Some(half) => 100.0 * (weight * share + half.min(10) as f64 / 10.0) / (weight + 1.0),
        None => 100.0 * share,
    }
}

fn half(n: i64) -> Option<i64> {
    (n % 2 == 0).then_some(n / 2)
}

/// Both days published, the second by another definition.
pub fn project() -> Project {
    let project = Project::of(&[
        ("sql/metrics/accounts.sql", METRICS),
        ("sql/components/all.yml", COMPONENTS),
        ("sql/scores/health.yml", &score(1, "")),
    ]);
    facts(&project, 0);
    good(project.hale(&["run", "--as-of", "2026-01-01"]));
    project.write("sql/scores/health.yml", &score(3, ""));
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    project
}

fn facts(project: &Project, more: i64) {
    let rows: Vec<(&str, i32, i64)> = FACTS
        .iter()
        .flat_map(|(account, first, second)| [(*account, 1, *first + more), (*account, 2, *second)])
        .collect();
    project.events(&rows);
}

fn movers(told: &Value) -> BTreeMap<String, &Value> {
    let movers = told["movers"].as_array().expect("movers").iter();
    movers.map(|mover| (mover["account_id"].as_str().unwrap().to_owned(), mover)).collect()
}

/// What the causes of a mover add, of one reason.
fn part(mover: Option<&&Value>, reason: &str) -> f64 {
    let Some(mover) = mover else { return 0.0 };
    let causes = mover["causes"].as_array().unwrap().iter().filter(|cause| cause["reason"] == reason);
    causes.map(|cause| cause["change"].as_f64().unwrap()).sum()
}

#[test]
fn the_change_between_two_days_is_definition_data_and_coverage_as_worked_out_by_hand() {
    let project = project();
    let told = project.json(&["diff", "--vs", "2026-01-01", "--movers", "100"]);
    let said = movers(&told);
    let (mut sums, mut mean) = (BTreeMap::from([("coverage", 0.0), ("data", 0.0), ("definition", 0.0)]), 0.0);
    for (account, first, second) in FACTS {
        let (was, is) = (half(first), half(second));
        let start = by_hand(first, was, 1.0);
        // What is known on one of the days alone becomes as on the second.
        let met = if was.is_some() == is.is_some() { was } else { is };
        let covered = by_hand(first, met, 1.0);
        let moved = by_hand(second, is, 1.0);
        let end = by_hand(second, is, 3.0);
        let mover = said.get(account);
        for (reason, exact) in
            [("coverage", covered - start), ("data", moved - covered), ("definition", end - moved)]
        {
            let found = part(mover, reason);
            assert!((found - exact).abs() < 1e-9, "{account}: {reason} {found}, not {exact}: {mover:?}");
            *sums.get_mut(reason).unwrap() += exact;
        }
        let change = mover.map_or(0.0, |mover| mover["change"].as_f64().unwrap());
        assert!((change - (end - start)).abs() < 1e-9, "{account}: {change}");
        mean += (end - start) / FACTS.len() as f64;
    }
    assert!(sums.values().all(|sum| *sum != 0.0), "{sums:?}");
    assert!((told["change"]["mean"].as_f64().unwrap() - mean).abs() < 1e-9);
    for told in told["parts"].as_array().unwrap() {
        let exact = sums.get(told["reason"].as_str().unwrap()).map_or(0.0, |sum| sum / FACTS.len() as f64);
        assert!((told["mean_change"].as_f64().unwrap() - exact).abs() < 1e-9, "{told} {exact}");
    }
    let text = good(project.hale(&["diff", "--vs", "2026-01-01"]));
    assert!(
        text.contains("from the end of 2026-01-01 (commit 1) to the end of 2026-01-02 (commit 2)"),
        "{text}"
    );
    assert!(text.contains("of the mean: definition "), "{text}");
}

/// Metrics that are published again without their scores: what was published is not what is computed, and that is said.
#[test]
fn what_was_restated_is_a_part_of_its_own() {
    let project = project();
    facts(&project, 2);
    good(project.hale(&["run", "--as-of", "2026-01-01", "--select", "metrics.accounts"]));
    let told = project.json(&["diff", "--vs", "2026-01-01", "--movers", "100"]);
    let said = movers(&told);
    for (account, first, second) in FACTS {
        let exact = by_hand(first + 2, half(first + 2), 1.0) - by_hand(first, half(first), 1.0);
        let found = part(said.get(account), "restated");
        assert!((found - exact).abs() < 1e-9, "{account}: {found}, not {exact}");
        let end = by_hand(second, half(second), 3.0);
        let change = said.get(account).map_or(0.0, |mover| mover["change"].as_f64().unwrap());
        assert!((change - (end - by_hand(first, half(first), 1.0))).abs() < 1e-9, "{account}: {change}");
    }
}

/// An account that came or left has no change: it is said, and counts for nothing.
#[test]
fn who_has_a_row_on_one_day_alone_is_left_out_aloud() {
    let project = project();
    project.events(&[("a", 1, 4), ("gone", 1, 4), ("a", 2, 8), ("new", 2, 3), ("newer", 2, 3)]);
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-02"]));
    let told = project.json(&["diff", "--vs", "2026-01-01"]);
    assert_eq!(told["rows"], 1);
    let note =
        "rows of scores.health on one of the days alone are left out: 1 of 2026-01-01, 2 of 2026-01-02";
    assert!(told["notes"].as_array().unwrap().iter().any(|said| said == note), "{told}");
}

#[test]
fn days_that_cannot_be_compared_are_refused_in_words() {
    let project = project();
    let refused = |arguments: &[&str], exit: i32, words: &str| {
        let ended = project.hale(arguments);
        assert_eq!(code(&ended), exit, "{}", err(&ended));
        assert!(err(&ended).contains(words), "{}", err(&ended));
    };
    refused(&["diff", "--vs", "2026-01-02"], 2, "--vs 2026-01-02 is not before 2026-01-02");
    refused(&["diff", "--vs", "2025-12-31"], 2, "scores.health has no day 2025-12-31");
    refused(&["diff", "published", "--vs", "2026-01-01"], 2, "cannot be used with");
    std::fs::remove_dir_all(project.path("out/_hale/definitions")).unwrap();
    refused(&["diff", "--vs", "2026-01-01"], 1, "that made scores.health of 2026-01-01 is not archived");
}

/// What a component measures, changed: who becomes unknown by it is a cause of its own, beside whose value is another one.
#[test]
fn components_that_become_known_or_unknown_by_a_change_are_a_cause_of_their_own() {
    let project = project();
    let value = "value: \"CASE WHEN n < 10 THEN half + 1 END\"";
    project.write("sql/components/all.yml", &COMPONENTS.replace("value: half", value));
    let told = project.json(&["diff", "--movers", "100"]);
    let said = movers(&told);
    let mut kinds = BTreeMap::from([("coverage", 0), ("measure", 0)]);
    for (account, _, n) in FACTS {
        let is = half(n).filter(|_| n < 10).map(|half| half + 1);
        let exact = by_hand(n, is, 3.0) - by_hand(n, half(n), 3.0);
        let mover = said.get(account).map(|mover| &mover["causes"]);
        if exact == 0.0 {
            assert_eq!(mover, None, "{account}");
            continue;
        }
        let kind = if is.is_some() { "measure" } else { "coverage" };
        let cause = &mover.expect("it moves")[0];
        assert_eq!((cause["kind"].as_str(), cause["part"].as_str()), (Some(kind), Some("half")), "{account}");
        assert!((cause["change"].as_f64().unwrap() - exact).abs() < 1e-9, "{account}: {cause}");
        *kinds.get_mut(kind).unwrap() += 1;
    }
    assert!(kinds.values().all(|rows| *rows > 0), "{kinds:?}");
    let causes = told["causes"].as_array().unwrap().iter().map(|cause| (&cause["kind"], &cause["rows"]));
    let expected = [("measure", kinds["measure"]), ("coverage", kinds["coverage"])];
    let expected = expected.map(|(kind, rows)| (Value::from(kind), Value::from(rows)));
    assert_eq!(
        causes.collect::<Vec<_>>(),
        expected.iter().map(|(kind, rows)| (kind, rows)).collect::<Vec<_>>()
    );
}

/// The definition alone, of the second day: ARR and segments are those of metrics, sums to the cent.
#[test]
fn arr_and_segments_are_told_to_the_cent() {
    let project = project();
    project.write("sql/scores/health.yml", &score(1, "min_coverage: 0.9\n"));
    let told = project.json(&["diff", "--movers", "100"]);
    let tier =
        |score: Option<f64>| score.map_or("unscored", |score| if score < 40.0 { "low" } else { "high" });
    let (mut moved, mut all, mut rows) = (0, 0, BTreeMap::from([("early", 0), ("late", 0)]));
    for (account, _, n) in FACTS {
        let before = tier(Some(by_hand(n, half(n), 3.0)));
        let after = tier(half(n).map(|half| by_hand(n, Some(half), 1.0)));
        all += n * 100;
        if before != after {
            moved += n * 100;
            *rows.get_mut(if account < "d" { "early" } else { "late" }).unwrap() += 1;
        }
    }
    assert!(moved > 0 && rows.values().all(|rows| *rows > 0), "{moved} {rows:?}");
    assert_eq!((told["moved"]["arr"].as_f64(), told["arr"].as_f64()), (Some(moved as f64), Some(all as f64)));
    for segment in told["segments"].as_array().unwrap() {
        assert_eq!(segment["moved"]["rows"], rows[segment["name"].as_str().unwrap()], "{segment}");
    }
    let lost = FACTS.iter().filter(|(.., n)| half(*n).is_none()).count();
    assert_eq!(told["lost"], lost);
    let first = &told["movers"][0];
    assert_eq!((&first["change"], &first["to_tier"]), (&Value::Null, &Value::from("unscored")));
    assert_eq!(first["causes"][0]["kind"], "min_coverage");
}
