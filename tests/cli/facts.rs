//! Daily facts: their days are those of the log, those that are not settled are made anew by every run with what came late, and none
//! expires.

use serde_json::{Value, json};

use super::{Project, SETTINGS, files_below, good};

/// How much happened on each day of the log.
const FACTS: &str = "-- What happened.\nCREATE TABLE metrics.facts (\n  account_id VARCHAR NOT NULL, -- who\n  \
    as_of_date DATE NOT NULL, -- when\n  n BIGINT, -- how much\n  PRIMARY KEY (account_id, as_of_date)\n) \
    PARTITIONED BY (as_of_date) WITH (settles_after = '2 days') AS\n\
    SELECT account_id, day AS as_of_date, sum(n) AS n FROM staging.events GROUP BY account_id, day\n";

/// How much ever happened, as of each day, and when anything did last.
const ACCOUNTS: &str = "-- All that ever happened.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, -- who\n  \
    as_of_date DATE NOT NULL, -- when\n  n BIGINT, -- how much\n  PRIMARY KEY (account_id, as_of_date)\n) \
    PARTITIONED BY (as_of_date) AS\n\
    SELECT facts.account_id, days.day AS as_of_date, sum(facts.n) AS n FROM calendar.days AS days\n\
    JOIN metrics.facts AS facts ON facts.as_of_date <= days.day GROUP BY facts.account_id, days.day\n";

/// History starts on the 5th, the log on the 1st.
fn project() -> Project {
    let project = Project::of(&[("sql/metrics/facts.sql", FACTS), ("sql/metrics/accounts.sql", ACCOUNTS)]);
    project.write("hale.yml", &SETTINGS.replace("2026-01-01", "2026-01-05"));
    project
}

/// A row of each day up to one, and what came late.
fn log(project: &Project, until: i32, late: &[(&str, i32, i64)]) {
    let rows: Vec<(&str, i32, i64)> = (1..=until).map(|day| ("a", day, 1 << day)).collect();
    project.events(&[&rows, late].concat());
}

fn run(project: &Project, arguments: &[&str]) -> Value {
    project.json(&[&["run"], arguments].concat())
}

fn ever(project: &Project, day: i32) -> i64 {
    let query = format!("SELECT n FROM metrics.accounts WHERE as_of_date = '2026-01-{day:02}'");
    let text = good(project.hale(&["query", &query, "--format", "csv"]));
    text.lines().last().unwrap().parse().unwrap()
}

/// The published days of the facts, and their bytes.
fn days(project: &Project, out: &str) -> Vec<(String, Vec<u8>)> {
    let folder = project.path(&format!("{out}/metrics/facts"));
    let read = |path: String| (path.clone(), std::fs::read(folder.join(&path)).unwrap());
    files_below(&folder).into_iter().map(read).collect()
}

#[test]
fn facts_are_of_all_days_of_the_log_and_nights_are_one_build() {
    let project = project();
    for day in 6..=10 {
        // The row of each day comes a day late, after the night of its day.
        log(&project, day - 1, &[]);
        run(&project, &["--as-of", &format!("2026-01-{day:02}")]);
    }
    assert_eq!(ever(&project, 10), (1..=9).map(|day| 1 << day).sum::<i64>());
    let facts = days(&project, "out");
    assert_eq!(facts.first().unwrap().0, "as_of=2026-01-01/part-0000.parquet");
    assert_eq!(facts.len(), 10);
    run(&project, &["--from", "2026-01-06", "--to", "2026-01-10", "--out", "whole"]);
    assert!(facts == days(&project, "whole"), "facts of the nights are not those of one build");
}

#[test]
fn what_comes_later_than_facts_settle_counts_in_none() {
    let project = project();
    log(&project, 9, &[]);
    let first = run(&project, &["--as-of", "2026-01-09"]);
    assert_eq!(first["as_published"], json!({}));
    log(&project, 10, &[("a", 8, 1 << 20), ("a", 7, 1 << 30)]);
    let plan = project.json(&["plan", "--as-of", "2026-01-10"]);
    let unsettled = json!({ "table": "metrics.facts", "action": "build", "why": "not settled yet",
        "days": ["2026-01-08", "2026-01-09"] });
    assert!(plan["steps"].as_array().unwrap().contains(&unsettled), "{plan}");
    assert_eq!(plan["build"], json!({ "from": "2026-01-10", "to": "2026-01-10" }));
    let second = run(&project, &["--as-of", "2026-01-10"]);
    // Settled are the seven days up to the 7th; the 8th, the 9th and the 10th were made anew.
    assert_eq!(second["as_published"], json!({ "metrics.facts": 7 }));
    assert_eq!(ever(&project, 10), (1..=10).map(|day| 1 << day).sum::<i64>() + (1 << 20));
    // What is asked for is made anew in any case.
    run(&project, &["--from", "2026-01-07", "--to", "2026-01-10", "--force"]);
    assert_eq!(ever(&project, 10), (1..=10).map(|day| 1 << day).sum::<i64>() + (1 << 20) + (1 << 30));
}

#[test]
fn facts_never_expire() {
    let project = project();
    log(&project, 12, &[]);
    run(&project, &["--from", "2026-01-05", "--to", "2026-01-12"]);
    project.write("hale.yml", &(SETTINGS.replace("2026-01-01", "2026-01-05") + "keep: 3 days\n"));
    let told = project.json(&["gc"]);
    assert_eq!(told["expired"][0], "2026-01-05", "{told}");
    assert_eq!(days(&project, "out").len(), 12);
    assert_eq!(
        run(&project, &["--as-of", "2026-01-12", "--force"])["as_published"],
        json!({ "metrics.facts": 9 })
    );
}

#[test]
fn options_of_a_table_are_known_and_number_days() {
    let refused = |options: &str, expected: &str| {
        let facts = FACTS.replace("WITH (settles_after = '2 days')", options);
        let project = Project::of(&[("sql/metrics/facts.sql", &facts)]);
        let told = project.hale(&["check"]);
        assert_eq!(super::code(&told), 1, "{options}");
        assert!(super::err(&told).contains(expected), "{options}: {}", super::err(&told));
    };
    refused("WITH (settles_after = 2)", "`settles_after` is a number of days, such as '3 days', not '2'");
    refused("WITH (settle = '2 days')", "a stored table has no option `settle = '2 days'`");
    refused("OPTIONS (look_back = '2 days')", "a stored table has no option `look_back = '2 days'`");
    let whole = FACTS.replace("PARTITIONED BY (as_of_date) WITH", "WITH");
    let project = Project::of(&[("sql/metrics/facts.sql", &whole)]);
    let told = project.hale(&["check"]);
    assert!(super::err(&told).contains("a table that is stored whole has no days"), "{}", super::err(&told));
}

#[test]
fn one_row_of_long_ago_is_one_day_more() {
    let project = project();
    log(&project, 9, &[("a", -20_000, 1 << 20)]);
    run(&project, &["--as-of", "2026-01-09"]);
    assert_eq!(ever(&project, 9), (1..=9).map(|day| 1 << day).sum::<i64>() + (1 << 20));
    assert_eq!(days(&project, "out").len(), 10);
    log(&project, 10, &[("a", -20_000, 1 << 20)]);
    // The day of long ago and seven of this year; those without a row are known to have none.
    assert_eq!(run(&project, &["--as-of", "2026-01-10"])["as_published"], json!({ "metrics.facts": 8 }));
    assert_eq!(ever(&project, 10), (1..=10).map(|day| 1 << day).sum::<i64>() + (1 << 20));
    // A row of still longer ago comes too late for what is settled, but for the first day of the log.
    log(&project, 10, &[("a", -20_000, 1 << 20), ("a", -21_000, 1 << 30)]);
    run(&project, &["--as-of", "2026-01-10", "--force"]);
    assert_eq!(ever(&project, 10), (1..=10).map(|day| 1 << day).sum::<i64>() + (1 << 20) + (1 << 30));
}

#[test]
fn late_rows_restate_each_table_on_days_of_which_it_is_published() {
    let project = project();
    project.write("hale.yml", &(SETTINGS.replace("2026-01-01", "2026-01-05") + "max_restatement_days: 9\n"));
    log(&project, 9, &[]);
    run(&project, &["--as-of", "2026-01-09"]);
    log(&project, 10, &[("a", 6, 1 << 20)]);
    let night = run(&project, &["--as-of", "2026-01-10"]);
    let restated = |at: usize| (night["restated"][at]["rows"].clone(), night["restated"][at]["from"].clone());
    assert_eq!(restated(0), (json!({ "metrics.facts": 5 }), json!("2026-01-06")), "{night}");
    assert_eq!(night["restated"][1]["as_of"], "2026-01-09");
    assert_eq!(files_below(&project.path("out/metrics/accounts")).len(), 2);
    assert_eq!(ever(&project, 9), (1..=9).map(|day| 1 << day).sum::<i64>() + (1 << 20));
}

#[test]
fn facts_that_a_run_reads_as_published_stay_as_published() {
    let project = project();
    for day in 6..=12 {
        log(&project, day, &[]);
        run(&project, &["--as-of", &format!("2026-01-{day:02}")]);
    }
    // A row of a settled day, and one of before the log began, for which all days are looked at again.
    log(&project, 13, &[("a", 8, 1 << 20), ("a", -5, 1 << 30)]);
    run(&project, &["--as-of", "2026-01-13"]);
    let all = (1..=13).map(|day| 1 << day).sum::<i64>() + (1 << 30);
    let facts = good(project.hale(&["query", "SELECT sum(n) FROM metrics.facts", "--format", "csv"]));
    assert_eq!((ever(&project, 13), facts.lines().last().unwrap()), (all, all.to_string().as_str()));
}

#[test]
fn what_a_log_loses_stays_in_the_facts() {
    let project = project();
    log(&project, 9, &[]);
    run(&project, &["--as-of", "2026-01-09"]);
    // The log begins on the 4th from here on.
    let rows: Vec<(&str, i32, i64)> = (4..=10).map(|day| ("a", day, 1 << day)).collect();
    project.events(&rows);
    run(&project, &["--as-of", "2026-01-10"]);
    assert_eq!(ever(&project, 10), (1..=10).map(|day| 1 << day).sum::<i64>());
}
