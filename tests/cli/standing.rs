//! What a day looks back to is read as it is published: one more day builds a day.

use serde_json::{Value, json};

use super::{Project, age, files_below, good, sums};

/// Of each account and day the sum of three days of a stored table.
const TREND: &str = "-- Sums of three days.\nCREATE TABLE marts.trend (\n  account_id VARCHAR NOT NULL, -- who\n  \
    as_of_date DATE NOT NULL, -- when\n  n BIGINT, -- how much\n  PRIMARY KEY (account_id, as_of_date)\n) \
    PARTITIONED BY (as_of_date) AS\nSELECT account_id, as_of_date, sum(n) OVER (PARTITION BY account_id ORDER BY as_of_date \
    RANGE BETWEEN INTERVAL '2' DAY PRECEDING AND CURRENT ROW) AS n\nFROM metrics.accounts\n";

const EVENTS: [(&str, i32, i64); 7] =
    [("a", 1, 1), ("a", 2, 2), ("b", 2, 5), ("a", 3, 4), ("a", 4, 8), ("b", 4, 7), ("a", 5, 16)];

fn project() -> Project {
    let project =
        Project::of(&[("sql/metrics/accounts.sql", &sums("n BIGINT")), ("sql/marts/trend.sql", TREND)]);
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

/// The trend of account a on a day.
fn trend(project: &Project, day: &str) -> String {
    let query = format!("SELECT n FROM marts.trend WHERE account_id = 'a' AND as_of_date = '{day}'");
    good(project.hale(&["query", &query, "--format", "csv"])).lines().last().unwrap().to_owned()
}

/// The bytes of all plain files below a folder.
fn bytes(project: &Project, folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = project.path(folder);
    let plain = files_below(&folder).into_iter().filter(|path| !path.starts_with('_'));
    plain.map(|path| (path.clone(), std::fs::read(folder.join(path)).unwrap())).collect()
}

#[test]
fn nights_that_read_what_is_published_are_one_backfill() {
    let project = project();
    let read: Vec<Value> = (1..=5).map(|day| night(&project, day)["as_published"].clone()).collect();
    assert_eq!(read[0], json!({}));
    assert_eq!(read[1], json!({ "metrics.accounts": 1 }));
    assert_eq!(
        read[2..],
        [
            json!({ "metrics.accounts": 2 }),
            json!({ "metrics.accounts": 2 }),
            json!({ "metrics.accounts": 2 })
        ]
    );
    let backfill = run(&project, &["--from", "2026-01-01", "--to", "2026-01-05", "--out", "whole"]);
    assert_eq!(backfill["as_published"], json!({}));
    assert!(bytes(&project, "out") == bytes(&project, "whole"), "the nights are not the backfill");
    assert_eq!(trend(&project, "2026-01-05"), "28");
}

#[test]
fn a_trend_compares_with_what_was_published() {
    let project = project();
    for day in 1..=3 {
        night(&project, day);
    }
    // A row of the 3rd comes late, and nobody asked for it to restate that day.
    project.events(&[&EVENTS[..], &[("a", 3, 100)]].concat());
    assert_eq!(night(&project, 4)["as_published"], json!({ "metrics.accounts": 2 }));
    assert_eq!(trend(&project, "2026-01-04"), "14");
    // Published again, the 3rd counts as it is now.
    night(&project, 3);
    run(&project, &["--as-of", "2026-01-04", "--force"]);
    assert_eq!(trend(&project, "2026-01-04"), "114");
}

#[test]
fn days_of_another_definition_and_incomplete_ones_are_built() {
    let project = project();
    for day in 1..=3 {
        night(&project, day);
    }
    project.write("sql/metrics/accounts.sql", &sums("n BIGINT").replace("sum(n)", "10 * sum(n)"));
    assert_eq!(night(&project, 4)["as_published"], json!({}));
    assert_eq!(trend(&project, "2026-01-04"), "140");
    for day in 2..=4 {
        run(&project, &["--as-of", &format!("2026-01-0{day}"), "--incomplete", "--force"]);
    }
    assert_eq!(night(&project, 5)["as_published"], json!({}));
    // As known, a day is made of what was known by its end alone.
    let known = run(&project, &["--as-of", "2026-01-05", "--as-known"]);
    assert_eq!(known["as_published"], json!({}));
}

#[test]
fn a_changed_mart_reads_the_tables_before_it_as_they_are_published() {
    let project = project();
    for day in 1..=4 {
        night(&project, day);
    }
    project.write("sql/marts/trend.sql", &TREND.replace("sum(n)", "1000 * sum(n)"));
    let result = night(&project, 4);
    assert_eq!(result["as_published"], json!({ "metrics.accounts": 3 }));
    let built: Vec<&String> = result["rows_read"].as_object().unwrap().keys().collect();
    assert_eq!(built, ["marts.trend"]);
    assert_eq!(trend(&project, "2026-01-04"), "14000");
    // Where the log is another one than it was then, the day asked for is built, and the days before it are read.
    project.events(&[&EVENTS[..], &[("a", 4, 100)]].concat());
    age(&project, "data/events.parquet", 1);
    project.write("sql/marts/trend.sql", &TREND.replace("sum(n)", "10 * sum(n)"));
    let result = run(&project, &["--as-of", "2026-01-04", "--select", "marts"]);
    assert_eq!(result["as_published"], json!({ "metrics.accounts": 2 }));
    assert_eq!(trend(&project, "2026-01-04"), "1140");
}
