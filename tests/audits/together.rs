//! Rules on single rows of a source are asked together, and told as if each had been asked on its own.

use serde_json::Value;

use super::{amounts, audits_passed, project};
use crate::cli::{Project, code, err};

/// The source with these constraints behind its columns, and so many of its rows.
fn with_rules(rules: &str, rows: &[(&str, i32, i64)]) -> Project {
    let raw = format!(
        "CREATE EXTERNAL TABLE raw.events (account_id VARCHAR NOT NULL, day DATE NOT NULL, n BIGINT{rules})\n\
         STORED AS PARQUET LOCATION 'events.parquet'\n\
         OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '0 days')\n"
    );
    let project = project(&[amounts(), ("sql/raw/events.sql".to_owned(), raw)]);
    if !rows.is_empty() {
        project.events(rows);
    }
    project
}

/// What was told of the source's rules, in its order.
fn told(project: &Project) -> (i32, Vec<String>) {
    let ended = project.hale(&["run", "--as-of", "2026-01-03"]);
    let lines = err(&ended).lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    (code(&ended), lines.into_iter().filter(|line| line.contains("raw.events: ")).collect())
}

#[test]
fn each_broken_rule_is_told_with_its_own_rows_in_the_order_of_the_contract() {
    let rows = [("a", 1, 5), ("a", 2, -1), ("b", 3, 70), ("b", 3, -80), ("c", 3, 8)];
    let rules = ",\n  CHECK (n > 0),\n  CHECK (n < 1000),\n  CHECK (n <> 70),\n  CHECK (account_id <> 'c')";
    let (ended, told) = told(&with_rules(rules, &rows));
    assert_eq!(ended, 3);
    let broken =
        |rule: &str, rows: &str| format!("error[audit]: raw.events: CHECK ({rule}) is broken by {rows}");
    let said = [broken("n > 0", "2 rows"), broken("n <> 70", "1 row"), broken("account_id <> 'c'", "1 row")];
    assert_eq!(told, said);
}

/// NULL is neither: a CHECK holds where it is not false.
#[test]
fn rules_that_are_neither_kept_nor_broken_pass_and_are_counted() {
    let run = ["run", "--as-of", "2026-01-20"];
    let without = audits_passed(&with_rules("", &[]), &run);
    let rules = ", CHECK (n > 0), CHECK (nullif(n, 5) > 6), CHECK (nullif(n, 7) < 6)";
    assert_eq!(audits_passed(&with_rules(rules, &[]), &run), without + 3);
}

/// The rule that cannot be computed is the one that is told, whatever stands before and behind it.
#[test]
fn a_rule_that_cannot_be_computed_is_told_as_if_it_stood_alone() {
    let fails = "CHECK (10 / (n - 7) < 100)";
    let alone = told(&with_rules(&format!(", {fails}"), &[]));
    assert_eq!(alone.0, 1, "{alone:?}");
    assert!(alone.1.iter().any(|line| line.contains(fails)), "{alone:?}");
    for rules in [format!(", CHECK (n > 0), {fails}"), format!(", CHECK (n <> 5), {fails}, CHECK (n > 0)")] {
        assert_eq!(told(&with_rules(&rules, &[])), alone, "{rules}");
    }
}

/// However many rules a source has, two questions tell that all of them are kept.
#[test]
fn rules_that_are_kept_are_asked_together() {
    let asked = |rules: &str| {
        let run = ["run", "--as-of", "2026-01-20", "--timings", "--log", "json"];
        let told = err(&with_rules(rules, &[]).hale(&run));
        let events = told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let timings: Vec<Value> = events.filter(|event| event["event"] == "timings").collect();
        let times = |name: &str| {
            let mut phases = timings.iter().flat_map(|told| told["phases"].as_array().unwrap());
            phases.find(|phase| phase["phase"] == name).map_or(0, |phase| phase["times"].as_u64().unwrap())
        };
        (times("audits: rules together"), times("audits: one by one"))
    };
    assert_eq!(asked(", CHECK (n > 0), CHECK (n > 1)"), (2, 0));
    assert_eq!(asked(", CHECK (n > 0), CHECK (n > 1), CHECK (n > 2), CHECK (account_id <> '')"), (2, 0));
    // One that is broken is asked again.
    assert_eq!(asked(", CHECK (n > 0), CHECK (n > 6), CHECK (n > 2)"), (2, 1));
}
