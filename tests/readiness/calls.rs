//! `ready('events', 56, as_of_date)`: what it stands for, and what is refused; and what is refused of
//! `reported('events', as_of_date)`.

use chrono::NaiveDate;
use serde_json::Value;

use crate::cli::{Project, code, err, good, one_line};

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n";

const RAW: &str = "-- What happened.\nCREATE EXTERNAL TABLE raw.events (\n  account_id VARCHAR NOT NULL, -- who\n  \
    day DATE NOT NULL, -- when\n  n BIGINT -- how much\n) STORED AS PARQUET LOCATION 'events.parquet'\n\
    OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '0 days')\n";

const STAGED: &str = "-- Events.\nSELECT account_id, day, n FROM dated.events\n";

/// A table with a column that is asked for.
fn metrics(ready: &str) -> String {
    format!(
        "-- Facts of each account and day.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, -- who\n  \
         as_of_date DATE NOT NULL, -- when\n  is_ready BOOLEAN, -- whether the window is\n  PRIMARY KEY (account_id, as_of_date)\n) \
         PARTITIONED BY (as_of_date) AS\nSELECT account_id, day AS as_of_date, {ready} AS is_ready\nFROM staging.events\n"
    )
}

fn project(settings: &str, ready: &str) -> Project {
    let settings = format!("{SETTINGS}{settings}");
    Project::of(&[
        ("hale.yml", &settings),
        ("sql/raw/events.sql", RAW),
        ("sql/staging/events.sql", STAGED),
        ("sql/metrics/accounts.sql", &metrics(ready)),
    ])
}

const COMPLETE: &str = "complete_from:\n  events: 2026-01-02\n";

/// What `check` refuses.
fn refused(settings: &str, ready: &str) -> String {
    let output = project(settings, ready).hale(&["check"]);
    assert_eq!(code(&output), 1, "{settings} {ready}: {}", err(&output));
    err(&output)
}

#[test]
fn a_window_is_ready_where_it_lies_in_the_complete_log() {
    let day = |number: u32| NaiveDate::from_ymd_opt(2026, 1, number).unwrap();
    for days in 1..=4 {
        let project = project(COMPLETE, &format!("ready('events', {days}, day)"));
        project.events(&[("a", 1, 1), ("a", 2, 1), ("a", 3, 1), ("a", 4, 1), ("a", 5, 1)]);
        good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-05"]));
        let sql = "SELECT as_of_date, is_ready FROM metrics.accounts ORDER BY as_of_date";
        let rows: Value = serde_json::from_str(&good(project.hale(&["query", sql, "--json"]))).unwrap();
        for (number, row) in (1..=5).zip(rows.as_array().unwrap()) {
            // All days of the window, one by one.
            let window = (0..days).map(|back| day(number) - chrono::Days::new(back));
            let is_ready = window.into_iter().all(|of| of >= day(2));
            assert_eq!(row["is_ready"], is_ready, "{days} days as of {}", day(number));
        }
    }
}

#[test]
fn what_it_asks_is_said_in_the_project() {
    let unsaid = refused("", "ready('events', 56, day)");
    assert!(
        unsaid.contains("error[no-complete-from]: it is not said from which day on raw.events is complete"),
        "{unsaid}"
    );
    assert!(
        unsaid.contains("--> sql/metrics/accounts.sql:8:39") && unsaid.contains("complete_from: {events:"),
        "{unsaid}"
    );
    let unknown = refused(COMPLETE, "ready('event', 56, day)");
    assert!(unknown.contains("error[unknown-source]: there is no source raw.event"), "{unknown}");
    assert!(
        unknown.contains("--> sql/metrics/accounts.sql:8:39") && unknown.contains("did you mean `events`?"),
        "{unknown}"
    );
    for form in [
        "ready()",
        "ready('events', 56)",
        "ready('events', 0, day)",
        "ready('events', n, day)",
        "ready(account_id, 56, day)",
        "ready('events', 56, day, day)",
        "ready('events', -1, day)",
    ] {
        let said = refused(COMPLETE, form);
        assert!(
            said.contains("error[ready]") && said.contains("sql/metrics/accounts.sql:8:39"),
            "{form}: {said}"
        );
        assert!(said.contains("ready('events', 56, as_of_date)"), "{form}: {said}");
    }
}

#[test]
fn what_asks_of_no_source_and_day_is_refused() {
    let unknown = refused("", "reported('event', day)");
    assert!(unknown.contains("error[unknown-source]: there is no source raw.event"), "{unknown}");
    assert!(
        unknown.contains("--> sql/metrics/accounts.sql:8:39") && unknown.contains("did you mean `events`?"),
        "{unknown}"
    );
    for form in [
        "reported()",
        "reported('events')",
        "reported(account_id, day)",
        "reported('events', day, day)",
        "reported('events', 56, day)",
        "bool_and(reported('events', day => day))",
    ] {
        let said = refused("", form);
        assert!(
            said.contains("error[reported]") && said.contains("sql/metrics/accounts.sql:8:"),
            "{form}: {said}"
        );
        assert!(said.contains("reported('tickets', as_of_date)"), "{form}: {said}");
    }
    let no_day = refused("", "reported('events', account_id)");
    assert!(
        no_day.contains("reported takes the name of a source and a DATE, not (VARCHAR, VARCHAR)"),
        "{no_day}"
    );
    let of_a_row = project("", "TRUE");
    let table = metrics("TRUE").replace("BOOLEAN, --", "BOOLEAN CHECK (reported('events', as_of_date)), --");
    of_a_row.write("sql/metrics/accounts.sql", &table);
    let said = err(&of_a_row.hale(&["check"]));
    assert!(said.contains("a CHECK looks at one row, and `reported(…)` asks of a source"), "{said}");
    let lag = refused("parameters: {stale_after_days: soon}\n", "TRUE");
    assert!(lag.contains("`stale_after_days` is the number of days that loads may lag behind"), "{lag}");
    assert!(lag.contains("--> hale.yml:6:14"), "{lag}");
}

#[test]
fn what_is_complete_is_a_source_with_a_history() {
    let unknown = refused("complete_from: {evnts: 2026-01-02}\n", "TRUE");
    assert!(unknown.contains("error[unknown-source]: there is no source raw.evnts"), "{unknown}");
    assert!(unknown.contains("hale.yml:6:17") && unknown.contains("did you mean `events`?"), "{unknown}");
    let no_date = refused("complete_from: {events: 2026-02-30}\n", "TRUE");
    assert!(no_date.contains("hale.yml:6:25") && no_date.contains("`2026-02-30` is no date"), "{no_date}");
    let of_now = project(COMPLETE, "TRUE");
    of_now.write(
        "sql/raw/events.sql",
        &RAW.replace(
            "'kind' 'events', 'happened_at' 'day', 'known_after' '0 days'",
            "'kind' 'current', 'key' 'account_id'",
        ),
    );
    of_now.write("sql/staging/events.sql", "-- Events.\nSELECT account_id, day, n FROM dated.events\n");
    let said = err(&of_now.hale(&["check"]));
    assert!(said.contains("error[option-without-effect]: raw.events is a table of now"), "{said}");
    assert!(said.contains("hale.yml:7:3"), "{said}");
}

#[test]
fn others_see_it_as_plain_sql_and_in_words() {
    let project = project(COMPLETE, "ready('events', 56, day)");
    good(project.hale(&["compile", "--out", "compiled"]));
    let read = |path: &str| std::fs::read_to_string(project.path(path)).unwrap();
    for path in ["compiled/metrics/accounts.sql", "compiled/all.sql"] {
        let sql = read(path);
        assert!(
            sql.contains("(day >= DATE '2026-02-26') AS is_ready") && !sql.contains("ready('events'"),
            "{sql}"
        );
    }
    let listed = one_line(&good(project.hale(&["ls", "--json"])));
    let models = listed["models"].as_array().unwrap();
    let events = models.iter().find(|model| model["name"] == "raw.events").unwrap();
    assert_eq!(events["time"]["complete_from"], "2026-01-02");
    assert!(events["time"]["means"].as_str().unwrap().ends_with("; complete from 2026-01-02 on"), "{events}");
    assert!(read("compiled/dated/events.sql").contains("complete from 2026-01-02 on"));
    good(project.hale(&["docs", "--out", "site"]));
    assert!(read("site/models/raw.events.html").contains("complete from 2026-01-02 on"));
}

#[test]
fn a_case_says_for_itself_from_when_a_source_is_complete() {
    let project = project(COMPLETE, "ready('events', 2, day)");
    let case = |complete: &str, is_ready: bool| {
        format!(
            "description: A window.\n{complete}given:\n  staging.events:\n    - {{account_id: a, day: 2026-01-01, n: 1}}\nexpect:\n  - \
             {{account_id: a, as_of_date: 2026-01-01, is_ready: {is_ready}}}\n"
        )
    };
    for (complete, is_ready) in [
        ("", true),
        ("complete_from: {events: 2025-12-31}\n", true),
        ("complete_from: {events: 2026-01-01}\n", false),
    ] {
        project.write("sql/tests/metrics.accounts/window.yml", &case(complete, is_ready));
        good(project.hale(&["test", "--allow-untested"]));
        project.write("sql/tests/metrics.accounts/window.yml", &case(complete, !is_ready));
        assert_eq!(code(&project.hale(&["test", "--allow-untested"])), 1, "{complete}");
    }
    project
        .write("sql/tests/metrics.accounts/window.yml", &case("complete_from: {event: 2026-01-01}\n", true));
    let said = err(&project.hale(&["test", "--allow-untested"]));
    assert!(said.contains("unknown-source") && said.contains("did you mean `events`?"), "{said}");
}

#[test]
fn a_case_says_for_itself_as_of_which_days_a_source_is_reported() {
    let project = project("", "reported('events', day)");
    let case = |reported: &str, is_reported: bool| {
        format!(
            "description: Days.\n{reported}given:\n  staging.events:\n    - {{account_id: a, day: 2026-01-02, n: 1}}\nexpect:\n  - \
             {{account_id: a, as_of_date: 2026-01-02, is_ready: {is_reported}}}\n"
        )
    };
    let file = "sql/tests/metrics.accounts/window.yml";
    for (reported, is_reported) in [
        ("", true),
        ("reported: {events: never}\n", false),
        ("reported: {events: [2026-01-02, 2026-01-02]}\n", true),
        ("reported: {events: [2026-01-03, null]}\n", false),
        ("reported: {events: [null, 2026-01-01]}\n", false),
        ("reported: {events: [null, null]}\n", true),
    ] {
        project.write(file, &case(reported, is_reported));
        good(project.hale(&["test", "--allow-untested"]));
        project.write(file, &case(reported, !is_reported));
        assert_eq!(code(&project.hale(&["test", "--allow-untested"])), 1, "{reported}");
    }
    for (reported, message) in [
        ("reported: {event: never}\n", "does not ask whether `event` is reported"),
        ("reported: {events: always}\n", "the first day and the last as of which it is reported are wanted"),
        (
            "reported: {events: [2026-01-01]}\n",
            "the first day and the last as of which it is reported are wanted",
        ),
        ("reported: {events: [2026-01-02, 2026-01-01]}\n", "the first day and the last as of which"),
        ("reported: {events: [2026-01-02, soon]}\n", "`soon` is no DATE"),
    ] {
        project.write(file, &case(reported, true));
        let said = err(&project.hale(&["test", "--allow-untested"]));
        assert!(said.contains(message) && said.contains(&format!("--> {file}:2:")), "{reported}: {said}");
    }
}

#[test]
fn options_that_say_nothing_are_refused() {
    for (options, code, message) in [
        ("'stale_after' 'soon'", "option-value", "`stale_after` is a number of days"),
        ("'unusual_days' 'perhaps'", "option-value", "`unusual_days` is 'warn' or 'stop', not 'perhaps'"),
    ] {
        let project = project(COMPLETE, "TRUE");
        project.write("sql/raw/events.sql", &RAW.replace("'0 days')", &format!("'0 days', {options})")));
        let said = err(&project.hale(&["check"]));
        assert!(said.contains(&format!("error[{code}]")) && said.contains(message), "{options}: {said}");
        assert!(said.contains("--> sql/raw/events.sql:7:"), "{options}: {said}");
    }
    let of_now = RAW.replace(
        "'kind' 'events', 'happened_at' 'day', 'known_after' '0 days'",
        "'kind' 'current', 'key' 'account_id', 'unusual_days' 'stop'",
    );
    let project = project("", "TRUE");
    project.write("sql/raw/events.sql", &of_now);
    let said = err(&project.hale(&["check"]));
    assert!(said.contains("`unusual_days` says nothing of rows of kind `current`"), "{said}");
}
