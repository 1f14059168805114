//! What a day looks back to is read as it is published: one more day builds a day.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
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
    // Published again, the 3rd counts as it is now: what was made of it as it was is built again when it is asked for.
    age(&project, "data/events.parquet", 1);
    night(&project, 4);
    assert_eq!(builds(&project, 4, 4), BTreeSet::new());
    night(&project, 3);
    let trend_of_the_4th = ("marts.trend".to_owned(), "what they were made of has changed".to_owned());
    assert_eq!(builds(&project, 4, 4), BTreeSet::from([trend_of_the_4th]));
    night(&project, 4);
    assert_eq!(trend(&project, "2026-01-04"), "114");
    assert_eq!(builds(&project, 3, 4), BTreeSet::new());
}

/// The tables of which a run over some days builds any, each with why.
fn builds(project: &Project, from: i32, to: i32) -> BTreeSet<(String, String)> {
    let (from, to) = (format!("2026-01-0{from}"), format!("2026-01-0{to}"));
    let plan = project.json(&["plan", "--from", &from, "--to", &to]);
    let steps = plan["steps"].as_array().unwrap().iter().filter(|step| step["action"] == "build");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    steps.map(|step| (text(&step["table"]), text(&step["why"]))).collect()
}

#[test]
fn rows_that_are_erased_make_nothing_stale_that_was_made_of_them() {
    let project = project();
    run(&project, &["--from", "2026-01-01", "--to", "2026-01-04"]);
    project.json(&["erase", "b"]);
    assert_eq!(builds(&project, 1, 4), BTreeSet::new());
}

/// A late row of a day that is built again after the day that was made of it.
fn with_a_day_built_again(project: &Project, between: impl Fn(&Project)) {
    run(project, &["--from", "2026-01-01", "--to", "2026-01-04"]);
    project.events(&[&EVENTS[..], &[("a", 3, 100)]].concat());
    age(project, "data/events.parquet", 1);
    night(project, 4);
    between(project);
    night(project, 3);
}

/// That a table is stale on the 4th, and is not any more once that day is built.
fn is_stale(project: &Project, table: &str) {
    let why = "what they were made of has changed".to_owned();
    assert!(builds(project, 4, 4).contains(&(table.to_owned(), why)), "{:?}", builds(project, 4, 4));
    night(project, 4);
    assert_eq!(builds(project, 4, 4), BTreeSet::new());
}

#[test]
fn a_table_of_all_of_history_is_stale_where_a_day_of_it_is_built_again() {
    let project = project();
    let whole = "-- Sums of all days.\nCREATE TABLE marts.whole (account_id VARCHAR PRIMARY KEY, n BIGINT) AS\n\
                 SELECT account_id, sum(n) AS n FROM metrics.accounts GROUP BY account_id\n";
    project.write("sql/marts/whole.sql", whole);
    with_a_day_built_again(&project, |_| {});
    is_stale(&project, "marts.whole");
    let query = "SELECT n FROM marts.whole WHERE account_id = 'a'";
    assert_eq!(good(project.hale(&["query", query, "--format", "csv"])).lines().last(), Some("115"));
}

#[test]
fn what_was_made_of_a_table_by_its_old_name_is_stale_by_its_new_one() {
    let project = project();
    with_a_day_built_again(&project, |project| {
        std::fs::remove_file(project.path("sql/metrics/accounts.sql")).unwrap();
        let named = |text: &str| text.replace("metrics.accounts", "metrics.totals");
        let totals = format!("-- was: metrics.accounts\n{}", named(&sums("n BIGINT")));
        project.write("sql/metrics/totals.sql", &totals);
        project.write("sql/marts/trend.sql", &named(TREND));
    });
    is_stale(&project, "marts.trend");
    assert_eq!(trend(&project, "2026-01-04"), "114");
}

#[test]
fn days_around_a_held_one_are_not_built_again_for_it() {
    let project = project();
    run(&project, &["--from", "2026-01-01", "--to", "2026-01-04"]);
    good(project.hale(&["unpublish", "2026-01-03"]));
    let again = run(&project, &["--from", "2026-01-01", "--to", "2026-01-04"]);
    assert_eq!((again.get("rows_read"), &again["held"]), (None, &json!(["2026-01-03"])), "{again}");
}

#[test]
fn a_day_is_built_of_the_days_that_late_rows_restate_before_it() {
    let project = project();
    let settings = std::fs::read_to_string(project.path("hale.yml")).unwrap();
    project.write("hale.yml", &format!("{settings}max_restatement_days: 5\n"));
    for day in 1..=4 {
        night(&project, day);
    }
    project.events(&[&EVENTS[..], &[("a", 3, 100)]].concat());
    age(&project, "data/events.parquet", 1);
    run(&project, &["--as-of", "2026-01-05", "--select", "marts.trend"]);
    night(&project, 5);
    assert_eq!(trend(&project, "2026-01-05"), "128");
    assert_eq!(builds(&project, 5, 5), BTreeSet::new());
}

/// Nights in any order, over a log that grows, then what the plan says of all days: one backfill.
#[test]
fn days_in_any_order_and_what_the_plan_says_of_them_are_one_backfill() {
    let mut waves = 0;
    for seed in 0..12 {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut day = move || i32::try_from(chance.next_u32() % 5 + 1).unwrap();
        let project = project();
        let text =
            TREND.replace("marts.trend", "marts.trend_of_trends").replace("metrics.accounts", "marts.trend");
        project.write("sql/marts/trend_of_trends.sql", &text);
        let mut events = EVENTS.to_vec();
        for second in 1..=8 {
            if day() <= 2 {
                events.push(("a", day(), 100));
                project.events(&events);
                age(&project, "data/events.parquet", second);
            }
            night(&project, day());
        }
        let planned = builds(&project, 1, 5);
        waves += usize::from(planned.iter().any(|(_, why)| why.starts_with("what they were made of")));
        run(&project, &["--from", "2026-01-01", "--to", "2026-01-05"]);
        assert_eq!(builds(&project, 1, 5), BTreeSet::new(), "seed {seed}");
        run(&project, &["--from", "2026-01-01", "--to", "2026-01-05", "--out", "whole"]);
        assert!(
            bytes(&project, "out") == bytes(&project, "whole"),
            "seed {seed}: {planned:?} is not all that is stale"
        );
    }
    assert!(waves > 2, "of {waves} projects days had changed that others were made of");
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
