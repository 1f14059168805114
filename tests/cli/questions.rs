//! `hale show` and `hale query`: what is published, and nothing else.

use std::io::Read;
use std::process::Stdio;

use serde_json::Value;

use super::{Project, SETTINGS, code, command, err, good, out};

fn run_both_days() -> Project {
    let project = Project::sound();
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-02"]));
    project
}

#[test]
fn show_reads_the_newest_day_or_the_one_asked_for() {
    let project = run_both_days();
    let newest = good(project.hale(&["show", "metrics.accounts", "--format", "csv"]));
    assert_eq!(newest, "account_id,as_of_date,n\n'; DROP,2026-01-02,1\na,2026-01-02,9\n");
    let first = good(project.hale(&["show", "accounts", "--as-of", "2026-01-01", "--json"]));
    let rows: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(
        rows,
        serde_json::json!([
            { "account_id": "a", "as_of_date": "2026-01-01", "n": 5 },
            { "account_id": "b", "as_of_date": "2026-01-01", "n": 7 },
        ])
    );
    let output = project.hale(&["show", "accounts", "--as-of", "2026-01-03"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("published are 2 days, from 2026-01-01 to 2026-01-02"), "{}", err(&output));
}

#[test]
fn an_account_is_a_value_and_never_sql() {
    let project = run_both_days();
    let of =
        |account: &str| good(project.hale(&["show", "accounts", "--account", account, "--format", "csv"]));
    assert_eq!(of("'; DROP").lines().count(), 2);
    assert_eq!(of("a' OR '1'='1").lines().count(), 1);
}

#[test]
fn what_is_not_published_is_said_to_be_so() {
    let project = Project::sound();
    for arguments in [["show", "metrics.accounts"], ["query", "SELECT * FROM metrics.accounts"]] {
        let output = project.hale(&arguments);
        assert_eq!(code(&output), 1);
        assert!(err(&output).contains("metrics.accounts is not published in "), "{}", err(&output));
    }
}

#[test]
fn a_query_reads_sources_views_and_published_days() {
    let project = run_both_days();
    let ask = |sql: &str, more: &[&str]| {
        good(project.hale(&[&["query", sql, "--format", "csv"], more].concat())).replace('\n', " ")
    };
    assert_eq!(ask("SELECT count(*) AS c FROM raw.events", &[]), "c 4 ");
    assert_eq!(ask("SELECT count(*) AS c FROM staging.events", &[]), "c 4 ");
    assert_eq!(ask("SELECT sum(n) AS s FROM metrics.accounts", &[]), "s 22 ");
    assert_eq!(ask("SELECT sum(n) AS s FROM metrics.accounts", &["--as-of", "2026-01-02"]), "s 10 ");
    assert_eq!(ask("SELECT sum(n) AS s FROM metrics.accounts", &["--until", "2026-01-01"]), "s 12 ");
    assert_eq!(ask("SELECT max(day) AS d FROM calendar.days", &[]), "d 2026-01-02 ");
    assert!(ask("EXPLAIN SELECT * FROM staging.events", &[]).contains("DataSourceExec"));
    let output = project.hale(&["query", "SELECT * FROM metrics.acounts"]);
    assert_eq!(code(&output), 1);
    assert!(
        err(&output).contains("query:1:15") && err(&output).contains("metrics.accounts"),
        "{}",
        err(&output)
    );
    let output = project.hale(&["query", "SELECT nn FROM raw.events"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("query:1:8"), "{}", err(&output));
}

#[test]
fn a_query_can_change_nothing() {
    let project = run_both_days();
    let before = project.published();
    let target = project.path("stolen.csv");
    for sql in [
        "DROP TABLE metrics.accounts",
        "INSERT INTO metrics.accounts SELECT * FROM metrics.accounts",
        "EXPLAIN ANALYZE INSERT INTO metrics.accounts SELECT * FROM metrics.accounts",
        "CREATE TABLE metrics.x AS SELECT 1",
        "SET datafusion.execution.batch_size = 1",
        &format!("COPY (SELECT 1) TO '{}'", target.display()),
        "SELECT 1; DROP TABLE metrics.accounts",
        "",
    ] {
        let output = project.hale(&["query", sql]);
        assert_eq!(code(&output), 1, "{sql}: {}", err(&output));
    }
    assert_eq!(project.published(), before);
    assert!(!target.exists());
}

#[test]
fn a_deep_query_is_answered() {
    let project = Project::sound();
    let union = vec!["SELECT 1 AS x"; 300].join(" UNION ALL ");
    let sum = format!("SELECT sum(x) AS s FROM ({union})");
    assert_eq!(good(project.hale(&["query", &sum, "--format", "csv"])), "s\n300\n");
}

#[test]
fn csv_holds_no_formula() {
    let project = Project::sound();
    let text = good(project.hale(&[
        "query",
        "SELECT '=1+1' AS a, '@x' AS b, '-5' AS c, -5 AS d, 'a,\"b\"' AS e, CAST(NULL AS VARCHAR) AS \"=f\"",
        "--format",
        "csv",
    ]));
    assert_eq!(text, "a,b,c,d,e,'=f\n'=1+1,'@x,'-5,-5,\"a,\"\"b\"\"\",\n");
}

#[test]
fn a_table_shows_some_rows_and_says_that_there_are_more() {
    let project = Project::sound();
    let sql = "SELECT unnest(range(1, 101)) AS value ORDER BY value";
    let output = project.hale(&["query", sql]);
    assert!(out(&output).contains("40 ") && !out(&output).contains("41 "), "{}", out(&output));
    assert!(err(&output).contains("the first 40 rows"), "{}", err(&output));
    assert_eq!(good(project.hale(&["query", sql, "--limit", "0", "--format", "csv"])).lines().count(), 101);
    assert_eq!(good(project.hale(&["query", sql, "--limit", "3", "--format", "csv"])), "value\n1\n2\n3\n");
    let empty = "SELECT value FROM (SELECT unnest(range(1, 4)) AS value) WHERE value > 5";
    assert_eq!(good(project.hale(&["query", empty, "--format", "csv"])), "value\n");
    assert_eq!(good(project.hale(&["query", empty, "--json"])), "[]\n");
    let raw = good(project.hale(&["query", "SELECT concat('a', chr(27), chr(10)) AS x"]));
    assert!(raw.contains("a\\u{1b}\\n"), "{raw}");
}

#[test]
fn a_reader_that_leaves_early_had_enough() {
    let project = Project::sound();
    project.write("hale.yml", &SETTINGS.replace("2026-01-01", "1980-01-01"));
    let sql = "SELECT a.day AS value FROM calendar.days a, calendar.days b";
    let mut running = command(project.0.path(), &["query", sql, "--until", "2026-01-01", "--format", "csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 6];
    let mut stdout = running.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = running.wait_with_output().unwrap();
    assert_eq!((code(&output), err(&output).as_str(), &first), (0, "", b"value\n"));
}
