//! Each template of `hale init`: a project that checks, tests and runs on the sample, with scores that make sense.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{code, err, good, hale};

const LAST_DAY: &str = "2026-09-30";

/// A project of a template after a run on the sample.
fn after_a_run(template: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    good(hale(folder.path(), &["init", "--template", template, "."]));
    let said = good(hale(folder.path(), &["check"]));
    assert!(said.starts_with("ok:") && said.contains(" 0 warnings"), "{said}");
    let tests = hale(folder.path(), &["test"]);
    assert_eq!(code(&tests), 0, "{}", err(&tests));
    let run = hale(folder.path(), &["run", "--as-of", LAST_DAY]);
    assert_eq!(code(&run), 0, "{}", err(&run));
    folder
}

fn rows(project: &Path, sql: &str) -> Vec<Value> {
    let rows: Vec<Value> =
        serde_json::from_str(&good(hale(project, &["query", sql, "--json", "--limit", "0"]))).unwrap();
    // What is said of all rows says nothing of none.
    assert!(!rows.is_empty(), "no rows: {sql}");
    rows
}

/// What can be said of the scores of any template: every tier has accounts and none has most of them, few are
/// unscored, and an explanation sums to the score.
fn must_make_sense(project: &Path) {
    let tiers = rows(project, "SELECT tier, count(*) AS n FROM scores.health GROUP BY tier");
    let count = |tier: &Value| tier["n"].as_u64().unwrap();
    let all: u64 = tiers.iter().map(count).sum();
    let (unscored, scored): (Vec<_>, Vec<_>) = tiers.iter().partition(|tier| tier["tier"] == "unscored");
    assert_eq!(scored.len(), 5, "{tiers:?}");
    assert!(scored.iter().all(|tier| count(tier) >= 2 && count(tier) * 2 < all), "{tiers:?}");
    assert!(unscored.iter().map(|tier| count(tier)).sum::<u64>() * 10 < all, "{tiers:?}");
    shares_must_use_their_range(project);
    for account in ["a000002", "a000005", "a000020"] {
        let explained: Value =
            serde_json::from_str(&good(hale(project, &["explain", account, "--score", "health", "--json"])))
                .unwrap();
        let parts = explained["parts"].as_array().unwrap().iter();
        let whole = |part: &&Value| part["depth"] == 0;
        let sum: f64 = parts.filter(whole).filter_map(|part| part["contribution"].as_f64()).sum();
        match explained["raw_score"].as_f64() {
            Some(raw) => assert!((raw - sum).abs() < 1e-9, "{account}: {raw}, {sum}"),
            None => assert_eq!(explained["tier"], "unscored"),
        }
    }
}

/// Shares of marts that lie somewhere between 0 and 1 for every account: each must say something of some.
const SHARES: [(&str, &str); 3] = [
    ("marts.customers", "score_share"),
    ("marts.work_queue", "shortfall"),
    ("marts.score_vs_pulse", "score_percentile"),
];

/// A share uses its range whatever the scale of the score: it is neither all near 0 nor all near 1.
fn shares_must_use_their_range(project: &Path) {
    for (mart, share) in SHARES {
        let sql = format!("SELECT min({share}) AS least, max({share}) AS most FROM {mart}");
        let found = &rows(project, &sql)[0];
        let [least, most] = ["least", "most"].map(|end| found[end].as_f64().unwrap());
        assert!(least >= 0.0 && most <= 1.0 && least < 0.35 && most > 0.65, "{mart}.{share}: {found}");
    }
    let mart = "SELECT sum(at_risk_arr) AS at_risk, sum(arr) AS arr FROM marts.revenue_at_risk";
    let money = &rows(project, mart)[0];
    let [at_risk, arr] = ["at_risk", "arr"].map(|sum| match &money[sum] {
        Value::String(text) => text.parse::<f64>().unwrap(),
        number => number.as_f64().unwrap(),
    });
    assert!(at_risk > 0.0 && at_risk < 0.9 * arr, "{money}");
}

#[test]
fn the_default_template_is_the_bundled_project() {
    let [plain, named] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    good(hale(plain.path(), &["init", "."]));
    good(hale(named.path(), &["init", "--template", "default", "."]));
    for file in ["hale.yml", "sql/components/usage.yml", "sql/scores/health.yml", "data/overrides.parquet"] {
        let [one, other] = [&plain, &named].map(|folder| std::fs::read(folder.path().join(file)).unwrap());
        assert!(one == other, "{file}");
    }
}

#[test]
fn capability_90_usage_heavy() {
    let project = after_a_run("usage");
    must_make_sense(project.path());
    let groups = rows(
        project.path(),
        "SELECT group_intensity, group_breadth, group_depth, raw_score FROM scores.health WHERE coverage = 1 LIMIT 5",
    );
    for row in groups {
        let value = |name: &str| row[name].as_f64().unwrap();
        let expected = (value("group_intensity") * 2.0 + value("group_breadth") + value("group_depth")) / 4.0;
        assert!((value("raw_score") - expected).abs() < 1e-6, "half is intensity: {row}");
    }
}

#[test]
fn capability_90_enterprise() {
    let project = after_a_run("enterprise");
    must_make_sense(project.path());
    let shares = rows(
        project.path(),
        "SELECT group_product, group_relationship, raw_score FROM scores.health WHERE coverage = 1 LIMIT 5",
    );
    for row in shares {
        let value = |name: &str| row[name].as_f64().unwrap();
        let expected = 0.6 * value("group_product") + 0.4 * value("group_relationship");
        assert!((value("raw_score") - expected).abs() < 1e-6, "60 and 40: {row}");
    }
    let judged = "SELECT count(*) AS n, min(points) AS least, max(points) AS most FROM components.health WHERE component = 'csm_pulse' AND evidence IS NOT NULL AND points IS NOT NULL";
    let judged = &rows(project.path(), judged)[0];
    assert!(judged["n"].as_u64().unwrap() > 20, "{judged}");
    assert!(judged["least"].as_f64().unwrap() >= 1.0 && judged["most"].as_f64().unwrap() <= 5.0);
}

#[test]
fn onboarding_then_default() {
    let project = after_a_run("onboarding");
    must_make_sense(project.path());
    let cards = rows(
        project.path(),
        "SELECT scorecard, min(tenure_days) AS first, max(tenure_days) AS last FROM scores.health JOIN metrics.accounts ON accounts.account_id = health.account_id GROUP BY scorecard ORDER BY first",
    );
    assert_eq!(cards[0]["scorecard"], "onboarding");
    assert!(
        cards[0]["last"].as_u64().unwrap() < 90 && cards[1]["first"].as_u64().unwrap() >= 90,
        "{cards:?}"
    );
}

#[test]
fn rfm_is_a_cell_of_three_fifths() {
    let project = after_a_run("rfm");
    must_make_sense(project.path());
    let cells = rows(
        project.path(),
        "SELECT account_id, sum(CAST(points AS BIGINT)) AS cell, count(*) AS letters FROM components.health GROUP BY account_id",
    );
    assert!(
        cells.iter().all(|cell| cell["letters"] == 3 && (3..=15).contains(&cell["cell"].as_u64().unwrap()))
    );
    let fifths = rows(
        project.path(),
        "SELECT component, count(DISTINCT points) AS n, min(points) AS least, max(points) AS most FROM components.health GROUP BY component",
    );
    assert!(fifths.iter().all(|of| of["n"] == 5 && of["least"] == 1.0 && of["most"] == 5.0), "{fifths:?}");
}

#[test]
fn unknown_templates_get_a_suggestion_and_help_lists_them() {
    let here = tempfile::tempdir().unwrap();
    let output = hale(here.path(), &["init", "--template", "enterprize", "x"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("'enterprise'"), "{}", err(&output));
    let help = good(hale(here.path(), &["init", "--help"]));
    for template in ["default", "usage", "enterprise", "onboarding", "rfm"] {
        assert!(help.contains(&format!("- {template}:")), "{help}");
    }
}
