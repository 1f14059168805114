//! Sources that keep their rows for a while: what is published of days before is frozen, and that they are gone is no news.

use serde_json::{Value, json};

use super::{Project, RAW, SETTINGS, age, by_day, code, err, good, one_line, sums};

const RAW_FILE: &str = "sql/raw/events.sql";
const TABLE: &str = "sql/metrics/accounts.sql";

/// The source that has its rows from then on.
fn kept(project: &Project, from: &str) {
    project.write(RAW_FILE, &RAW.replace("OPTIONS (", &format!("OPTIONS ('kept_from' '{from}', ")));
}

/// A row of account a on each of some days of January.
fn events(project: &Project, days: impl IntoIterator<Item = i32>) {
    project.events(&days.into_iter().map(|day| ("a", day, i64::from(day))).collect::<Vec<_>>());
}

/// The first four days, of which late rows are looked for, and a source that then lost the first two.
fn published(more: &[(&str, &str)]) -> Project {
    let project = Project::of(&[&[(TABLE, sums("n BIGINT").as_str())], more].concat());
    project.write("hale.yml", &format!("{SETTINGS}max_restatement_days: 10\n"));
    events(&project, 1..=5);
    age(&project, "data/events.parquet", 0);
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-04"]));
    project
}

/// The sums of account a by day.
fn rows(project: &Project, table: &str) -> Vec<String> {
    let query = format!("SELECT as_of_date, n FROM {table} WHERE n IS NOT NULL ORDER BY 1");
    good(project.hale(&["query", &query, "--format", "csv"])).lines().skip(1).map(str::to_owned).collect()
}

/// What a command says that ends with a code, as one line; nothing was published.
#[track_caller]
fn refused(project: &Project, arguments: &[&str], with: i32) -> String {
    let commits = || project.json(&["history"])["commits"].as_array().unwrap().len();
    let before = commits();
    let told = project.hale(arguments);
    assert_eq!(code(&told), with, "{}", err(&told));
    assert_eq!(commits(), before);
    err(&told).split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>().join(" ")
}

#[test]
fn days_that_a_source_does_not_keep_are_frozen() {
    let project = published(&[]);
    kept(&project, "2026-01-03");
    let plan = |days: &[&str]| project.json(&[&["plan"], days].concat());
    assert_eq!(
        plan(&["--from", "2026-01-03", "--to", "2026-01-04"])["build"],
        Value::Null,
        "saying so changes no row"
    );
    events(&project, 3..=6);
    let night = plan(&["--as-of", "2026-01-05"]);
    assert_eq!((&night["restate"], &night["build"]["from"]), (&Value::Null, &json!("2026-01-05")), "{night}");
    let result = project.json(&["run", "--as-of", "2026-01-05"]);
    assert_eq!((result.get("restated"), result.get("frozen")), (None, None), "{result}");
    let all = ["--from", "2026-01-01", "--to", "2026-01-05"];
    let planned = plan(&all);
    assert_eq!(planned["steps"][0]["action"], "freeze", "{planned}");
    assert_eq!(planned["steps"][0]["days"], json!(["2026-01-01", "2026-01-02"]));
    let told = project.hale(&[&["run", "--json"], &all[..]].concat());
    assert!(
        err(&told).contains("frozen, and left as published: 2026-01-01 to 2026-01-02; raw.events has its rows from 2026-01-03 on"),
        "{}",
        err(&told)
    );
    assert_eq!(one_line(&good(told))["frozen"], json!(["2026-01-01", "2026-01-02"]));
    let one = project.json(&["run", "--as-of", "2026-01-01"]);
    assert_eq!((&one["published"], &one["frozen"]), (&json!(true), &json!(["2026-01-01"])), "{one}");
    let expected: Vec<String> = (1..=5).map(|day| format!("2026-01-0{day},{day}")).collect();
    assert_eq!(rows(&project, "metrics.accounts"), expected);
    let said = refused(&project, &[&["run", "--force"], &all[..]].concat(), 1);
    assert!(
        said.contains(
            "2026-01-01 to 2026-01-02 cannot be built again: raw.events has its rows from 2026-01-03 on"
        ),
        "{said}"
    );
    assert!(said.contains(RAW_FILE), "{said}");
}

#[test]
fn a_day_that_was_never_published_is_not_made_of_nothing() {
    let project = published(&[]);
    good(project.hale(&["unpublish", "2026-01-02"]));
    good(project.hale(&["release", "--all"]));
    kept(&project, "2026-01-03");
    for command in ["run", "plan"] {
        let said = refused(&project, &[command, "--as-of", "2026-01-02"], 1);
        assert!(
            said.contains("metrics.accounts was never published on 2026-01-02, and cannot be built"),
            "{said}"
        );
        assert!(said.contains("build from 2026-01-03 on"), "{said}");
    }
}

#[test]
fn a_day_that_vanishes_otherwise_stops_the_run() {
    let project = published(&[]);
    events(&project, [1, 2, 4, 5]);
    for arguments in [
        ["run", "--as-of", "2026-01-05"],
        ["plan", "--as-of", "2026-01-05"],
        ["run", "--as-of", "2026-01-03"],
    ] {
        let said = refused(&project, &arguments, 3);
        assert!(said.contains("raw.events has no row any more of 2026-01-03, and had some"), "{said}");
        assert!(said.contains("vanished-days"), "{said}");
    }
    // A day of fewer rows is a late change, and one that is delivered again is none.
    events(&project, 1..=5);
    good(project.hale(&["run", "--as-of", "2026-01-05"]));
    events(&project, [1, 2, 4, 5]);
    let result = project.json(&["run", "--as-of", "2026-01-05", "--incomplete"]);
    assert_eq!(result["late_rows"], json!({ "events": ["2026-01-03"] }), "{result}");
    assert_eq!(rows(&project, "metrics.accounts").len(), 4);
    good(project.hale(&["run", "--as-of", "2026-01-05"]));
}

/// Sums of seven days: of a stored table, or of the log itself.
fn week(of: &str) -> String {
    let over = "PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW";
    by_day("n BIGINT", &format!("SELECT account_id, as_of_date, sum(n) OVER ({over}) AS n FROM {of}"))
        .replace("metrics.accounts (", "metrics.week (")
}

#[test]
fn what_is_looked_back_to_is_kept_or_stands_as_published() {
    const LOG: &str = "(SELECT account_id, day AS as_of_date, sum(n) AS n FROM staging.events GROUP BY account_id, day) AS days";
    for of in ["metrics.accounts", LOG] {
        let project = Project::of(&[(TABLE, &sums("n BIGINT")), ("sql/metrics/week.sql", &week(of))]);
        events(&project, 10..=20);
        kept(&project, "2026-01-10");
        let said = refused(&project, &["run", "--as-of", "2026-01-12"], 1);
        assert!(
            said.contains("reads raw.events from 2026-01-06 on, which has its rows from 2026-01-10 on"),
            "{said}"
        );
        assert!(said.contains("build from 2026-01-16 on"), "{said}");
        good(project.hale(&["run", "--as-of", "2026-01-16"]));
        assert_eq!(rows(&project, "metrics.week"), ["2026-01-16,91"]);
    }
    // Of a stored table what is published stands.
    let project =
        Project::of(&[(TABLE, &sums("n BIGINT")), ("sql/metrics/week.sql", &week("metrics.accounts"))]);
    events(&project, 1..=20);
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-11"]));
    events(&project, 10..=20);
    kept(&project, "2026-01-10");
    good(project.hale(&["run", "--as-of", "2026-01-12"]));
    assert_eq!(rows(&project, "metrics.week").last().unwrap(), "2026-01-12,63");
    // Made by another definition it does not, and cannot be built.
    project.write(TABLE, &sums("n BIGINT").replace("sum(n)", "2 * sum(n)"));
    let said = refused(&project, &["run", "--as-of", "2026-01-13"], 1);
    assert!(said.contains("metrics.accounts, built from 2026-01-07 on"), "{said}");
}

#[test]
fn what_reads_all_of_a_source_cannot_be_built_of_a_part() {
    let all = sums("n BIGINT")
        .replace("sum(n) AS n", "sum(sum(n)) OVER (PARTITION BY account_id ORDER BY day) AS n");
    let project = Project::of(&[(TABLE, &all)]);
    events(&project, 3..=9);
    kept(&project, "2026-01-03");
    let said = refused(&project, &["run", "--as-of", "2026-01-05"], 1);
    assert!(said.contains("reads all of raw.events") && said.contains("`history_starts`"), "{said}");
    project.write("hale.yml", &SETTINGS.replace("2026-01-01", "2026-01-03"));
    good(project.hale(&["run", "--as-of", "2026-01-05"]));
}

#[test]
fn facts_that_are_not_settled_stay_where_the_log_has_lost_them() {
    let facts =
        sums("n BIGINT").replace("(as_of_date) AS", "(as_of_date) WITH (settles_after = '3 days') AS");
    let project = Project::of(&[(TABLE, &facts)]);
    events(&project, 1..=6);
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-05"]));
    events(&project, 4..=6);
    kept(&project, "2026-01-04");
    good(project.hale(&["run", "--as-of", "2026-01-06"]));
    let expected: Vec<String> = (1..=6).map(|day| format!("2026-01-0{day},{day}")).collect();
    assert_eq!(rows(&project, "metrics.accounts"), expected);
}

#[test]
fn how_long_rows_are_kept_is_a_day_or_a_number_of_days_before_today() {
    let project = published(&[]);
    kept(&project, "36500 days");
    good(project.hale(&["run", "--as-of", "2026-01-01", "--force"]));
    kept(&project, "0 days");
    assert_eq!(project.json(&["run", "--as-of", "2026-01-01"])["frozen"], json!(["2026-01-01"]));
    for wrong in ["400", "January", "-1 days", "400 weeks"] {
        kept(&project, wrong);
        let said = refused(&project, &["check"], 1);
        assert!(said.contains(&format!("not '{wrong}'")) && said.contains("'400 days'"), "{said}");
    }
    let current = RAW.replace(
        "'events', 'happened_at' 'day', 'known_after' '0 days'",
        "'current', 'key' 'account_id', 'kept_from' '1 day'",
    );
    project.write(RAW_FILE, &current);
    let said = refused(&project, &["check"], 1);
    assert!(said.contains("kept_from"), "{said}");
}

#[test]
fn what_holds_for_days_on_end_is_read_on_the_days_that_are_built() {
    let spans = by_day(
        "n BIGINT",
        "SELECT things.account_id, days.day AS as_of_date, things.n FROM calendar.days AS days JOIN staging.events AS things \
         ON things.first_day <= days.day AND (things.day_after IS NULL OR days.day < things.day_after)",
    );
    let staged = "SELECT account_id, n, first_day, day_after FROM dated.events\n";
    let project = Project::of(&[(TABLE, &spans), ("sql/staging/events.sql", staged)]);
    let versions =
        RAW.replace("'events', 'happened_at' 'day'", "'versions', 'key' 'account_id', 'valid_from' 'day'");
    project.write(RAW_FILE, &versions.replace("OPTIONS (", "OPTIONS ('kept_from' '2026-01-03', "));
    events(&project, [2, 4]);
    good(project.hale(&["run", "--from", "2026-01-03", "--to", "2026-01-05"]));
    assert_eq!(rows(&project, "metrics.accounts"), ["2026-01-03,2", "2026-01-04,4", "2026-01-05,4"]);
    let said = refused(&project, &["run", "--as-of", "2026-01-02"], 1);
    assert!(said.contains("never published on 2026-01-02"), "{said}");
}
