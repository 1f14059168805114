//! A run builds the tables of which anything has changed: a model, one that it reads, an audit, a setting, a source behind it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Project, SETTINGS, age, by_day, good, one_line, sums};

const DAY: [&str; 2] = ["--as-of", "2026-01-02"];

fn doubled(times: &str) -> String {
    by_day("n BIGINT", &format!("SELECT account_id, as_of_date, {times} * n AS n FROM metrics.accounts"))
        .replace("metrics.accounts (", "marts.doubled (")
}

/// A table of the log, and a mart that reads it; published.
fn published() -> Project {
    let project = Project::of(&[
        ("sql/metrics/accounts.sql", &sums("n BIGINT")),
        ("sql/marts/doubled.sql", &doubled("2")),
    ]);
    age(&project, "data/events.parquet", 0);
    good(project.hale(&[&["run"], &DAY[..]].concat()));
    project
}

fn names(rows: &Value) -> BTreeSet<String> {
    rows.as_object().unwrap().keys().cloned().collect()
}

/// The tables that a plan builds, each with why; the run after it builds the same.
fn builds(project: &Project) -> Vec<(String, String)> {
    let plan = one_line(&good(project.hale(&[&["plan", "--json"], &DAY[..]].concat())));
    let steps = plan["steps"].as_array().unwrap().iter().filter(|step| step["action"] == "build");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let builds: Vec<_> = steps.map(|step| (text(&step["table"]), text(&step["why"]))).collect();
    let told = one_line(&good(project.hale(&[&["run", "--json"], &DAY[..]].concat())));
    let built = told.get("rows").map(names).unwrap_or_default();
    assert_eq!(built, builds.iter().map(|(table, _)| table.clone()).collect(), "{told}");
    builds
}

fn of(tables: &[&str], why: &str) -> Vec<(String, String)> {
    tables.iter().map(|table| ((*table).to_owned(), why.to_owned())).collect()
}

#[test]
fn a_run_builds_the_tables_of_which_anything_has_changed() {
    const CHANGED: &str = "its definition has changed";
    let project = published();
    assert_eq!(builds(&project), []);
    project.write("sql/marts/doubled.sql", &doubled("3"));
    assert_eq!(builds(&project), of(&["marts.doubled"], CHANGED));
    // An audit is asked again with the tables that it is about.
    project.write("sql/audits/none.sql", "-- None is below zero.\nSELECT * FROM marts.doubled WHERE n < 0\n");
    assert_eq!(builds(&project), of(&["marts.doubled"], CHANGED));
    project.write("sql/audits/none.sql", "-- None is below one.\nSELECT * FROM marts.doubled WHERE n < 1\n");
    assert_eq!(builds(&project), of(&["marts.doubled"], CHANGED));
    // A parameter that only the mart names.
    project.write("hale.yml", &format!("{SETTINGS}parameters:\n  times: 4\n"));
    assert_eq!(builds(&project), []);
    project.write("sql/marts/doubled.sql", &doubled("$times"));
    assert_eq!(builds(&project), of(&["marts.doubled"], CHANGED));
    project.write("hale.yml", &format!("{SETTINGS}parameters:\n  times: 5\n"));
    assert_eq!(builds(&project), of(&["marts.doubled"], CHANGED));
    // What all of them read.
    project.write("sql/staging/events.sql", &format!("{}WHERE n > 0\n", super::STAGED));
    assert_eq!(builds(&project), of(&["metrics.accounts", "marts.doubled"], CHANGED));
    project.events(&[("a", 1, 5), ("a", 2, 6)]);
    age(&project, "data/events.parquet", 1);
    assert_eq!(builds(&project), of(&["metrics.accounts", "marts.doubled"], "files of sources have changed"));
    assert_eq!(builds(&project), []);
}
