//! `published.health`: marts read scores of earlier days as they were published, whatever defined them then.

use serde_json::{Value, json};

use super::{Project, age, code, err, files_below, good, sums};

/// Of each account and day its tier on the day before, as it was told and by the definition of now.
const BEFORE: &str = "-- The tier of the day before.\nCREATE TABLE marts.before (\n  account_id VARCHAR NOT NULL, -- who\n  \
    as_of_date DATE NOT NULL, -- when\n  tier VARCHAR, -- as it was published\n  PRIMARY KEY (account_id, as_of_date)\n) \
    PARTITIONED BY (as_of_date) AS\nSELECT account_id, as_of_date + 1 AS as_of_date, tier FROM published.main\n";

const EVENTS: [(&str, i32, i64); 8] =
    [("a", 1, 1), ("b", 1, 9), ("a", 2, 7), ("b", 2, 5), ("a", 3, 4), ("b", 3, 6), ("a", 4, 8), ("b", 4, 2)];

fn score(edge: i32) -> String {
    format!(
        "title: Health\nversion: '1'\ncomponents: {{amount: 1}}\ntiers: [{{name: low, below: {edge}, at_risk: true}}, {{name: high}}]\n"
    )
}

fn project() -> Project {
    let component = "amount: {title: Amount, value: n, bins: [{below: 3, points: 0}, {below: 6, points: 2}, {points: 4}]}\n";
    let project = Project::of(&[
        ("sql/metrics/accounts.sql", &sums("n BIGINT")),
        ("sql/components/all.yml", component),
        ("sql/scores/health.yml", &score(40)),
        ("sql/marts/before.sql", BEFORE),
    ]);
    project.events(&EVENTS);
    age(&project, "data/events.parquet", 0);
    project
}

fn run(project: &Project, arguments: &[&str]) -> Value {
    project.json(&[&["run"], arguments].concat())
}

fn night(project: &Project, day: i32) -> Value {
    run(project, &["--as-of", &format!("2026-01-0{day}")])
}

/// The tiers of the day before a day, as `a low, b high`.
fn before(project: &Project, day: i32) -> String {
    let query = format!(
        "SELECT account_id || ' ' || tier AS t FROM marts.before WHERE as_of_date = '2026-01-0{day}' ORDER BY account_id"
    );
    let answer = good(project.hale(&["query", &query, "--format", "csv"]));
    answer.lines().skip(1).collect::<Vec<_>>().join(", ")
}

/// The bytes of all plain files below a folder.
fn bytes(project: &Project, folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = project.path(folder);
    let plain = files_below(&folder).into_iter().filter(|path| !path.starts_with('_'));
    plain.map(|path| (path.clone(), std::fs::read(folder.join(path)).unwrap())).collect()
}

#[test]
fn nights_are_one_backfill() {
    let project = project();
    for day in 1..=4 {
        night(&project, day);
    }
    assert_eq!(before(&project, 3), "a high, b high");
    run(&project, &["--from", "2026-01-01", "--to", "2026-01-04", "--out", "whole"]);
    assert!(bytes(&project, "out") == bytes(&project, "whole"), "the nights are not the backfill");
}

#[test]
fn a_day_is_read_as_it_was_told_whatever_defined_it() {
    let project = project();
    night(&project, 2);
    project.write("sql/scores/health.yml", &score(60));
    let result = night(&project, 3);
    assert_eq!(
        result["as_published"],
        json!({ "scores.health": 1 }),
        "nothing of the day before is computed again"
    );
    // By the definition of now both would be low.
    assert_eq!(before(&project, 3), "a high, b high");
    let planned = project.json(&["plan", "--from", "2026-01-03", "--to", "2026-01-03"]);
    assert_eq!(
        planned["steps"].as_array().unwrap().iter().filter(|step| step["action"] != "keep").count(),
        0,
        "{planned}"
    );
}

#[test]
fn of_a_day_that_is_not_published_there_are_no_rows_until_it_is() {
    let project = project();
    let result = night(&project, 3);
    assert_eq!(result["as_published"], json!({}));
    assert_eq!(before(&project, 3), "");
    night(&project, 2);
    let planned = project.json(&["plan", "--from", "2026-01-03", "--to", "2026-01-03"]);
    let stale: Vec<&Value> =
        planned["steps"].as_array().unwrap().iter().filter(|step| step["action"] == "build").collect();
    assert_eq!(stale.len(), 1, "{planned}");
    assert_eq!(stale[0]["table"], "marts.before", "{planned}");
    night(&project, 3);
    assert_eq!(before(&project, 3), "a high, b high");
    // A day that is taken back is no more what people were told.
    good(project.hale(&["unpublish", "2026-01-02", "--why", "wrong"]));
    let planned = project.json(&["plan", "--from", "2026-01-03", "--to", "2026-01-03"]);
    assert!(planned.to_string().contains("marts.before"), "{planned}");
}

#[test]
fn a_day_that_is_scored_again_is_read_as_it_is_told_now_and_keeps_its_definition() {
    let project = project();
    run(&project, &["--from", "2026-01-01", "--to", "2026-01-03"]);
    project.write("sql/scores/health.yml", &score(60));
    // The mart follows the score of its own day, and reads that of the day before, which stays as it was told.
    run(&project, &["--rescore", "--as-of", "2026-01-03"]);
    assert_eq!(before(&project, 3), "a high, b high");
    // What made it is known all the same: whoever looks back to it by the definition of now need not compute it again.
    project.write(
        "sql/marts/by_now.sql",
        &BEFORE.replace("marts.before", "marts.by_now").replace("published.main", "scores.main"),
    );
    assert_eq!(night(&project, 4)["as_published"], json!({ "scores.health": 1 }));
    run(&project, &["--rescore", "--from", "2026-01-02", "--to", "2026-01-03"]);
    assert_eq!(before(&project, 3), "a high, b low");
}

#[test]
fn scores_as_published_are_for_marts_alone_and_need_no_file() {
    let project = project();
    project.write("sql/metrics/more.sql", "-- More.\nSELECT account_id, tier FROM published.health\n");
    let told = project.hale(&["check"]);
    assert_eq!(code(&told), 1);
    assert!(err(&told).contains("a metrics model may not read `published.health`"), "{}", err(&told));
    std::fs::remove_file(project.path("sql/metrics/more.sql")).unwrap();
    project.write("sql/published/health.sql", "-- Own.\nSELECT 1 AS n\n");
    let told = project.hale(&["check"]);
    assert!(err(&told).contains("published-sql"), "{}", err(&told));
}
