//! Rows that come late, as people meet them: the night's run builds the published days again that they change.

use serde_json::{Value, json};

use super::{Project, SETTINGS, age, code, err, good, one_line};

/// Restates up to so many days.
fn restating(days: &str) -> Project {
    let project = Project::sound();
    project.write("hale.yml", &format!("{SETTINGS}max_restatement_days: {days}\n"));
    project
}

fn night(project: &Project, day: &str) -> Value {
    project.json(&["run", "--as-of", day])
}

fn sum(project: &Project, day: &str) -> String {
    let query = format!("SELECT coalesce(sum(n), 0) FROM metrics.accounts WHERE as_of_date = '{day}'");
    good(project.hale(&["query", &query, "--format", "csv"])).lines().last().unwrap().to_owned()
}

#[test]
fn a_late_row_restates_its_day_before_the_night_is_built() {
    let project = restating("5");
    for (rows, day) in [(1, "2026-01-01"), (2, "2026-01-02"), (3, "2026-01-03")] {
        project.events(&[("a", 1, 5), ("a", 2, 6), ("a", 3, 7)][..rows]);
        assert_eq!(night(&project, day).get("restated"), None, "{day}");
    }
    project.events(&[("a", 1, 5), ("a", 2, 6), ("b", 2, 100), ("a", 3, 7), ("a", 4, 8)]);
    let plan = project.json(&["plan", "--as-of", "2026-01-04"]);
    assert_eq!(plan["restate"]["days"], json!(["2026-01-02", "2026-01-03"]), "{plan}");
    let text = good(project.hale(&["plan", "--as-of", "2026-01-04"]));
    assert!(text.contains("2026-01-02 to 2026-01-03 again: late rows of events (2026-01-02)"), "{text}");
    let told = project.hale(&["run", "--as-of", "2026-01-04", "--json"]);
    assert!(err(&told).contains("2026-01-02 to 2026-01-03 are built again"), "{}", err(&told));
    let result = one_line(&good(told));
    assert_eq!((&result["as_of"], &result["published"]), (&json!("2026-01-04"), &json!(true)));
    assert_eq!(result["restated"][0]["from"], "2026-01-02");
    assert_eq!(result["late_rows"], json!({ "events": ["2026-01-02"] }));
    assert_eq!(["2026-01-01", "2026-01-02", "2026-01-04"].map(|day| sum(&project, day)), ["5", "106", "8"]);
    let history = project.json(&["history"]);
    assert_eq!(history["commits"][1]["why"], "late rows of events (2026-01-02)");
    // What was built again is as sources say: the next night has nothing to do with it, though its rows may be equal.
    project.events(&[("a", 1, 5), ("a", 2, 6), ("b", 2, 100), ("a", 3, 7), ("a", 4, 8), ("a", 5, 9)]);
    assert_eq!(night(&project, "2026-01-05").get("restated"), None);
}

#[test]
fn rows_later_than_the_limit_and_other_definitions_restate_nothing() {
    let project = restating("1");
    for day in ["2026-01-01", "2026-01-02"] {
        night(&project, day);
    }
    project.events(&[("a", 1, 50), ("a", 2, 6)]);
    night(&project, "2026-01-03");
    assert_eq!(sum(&project, "2026-01-01"), "12");
    // A changed definition changes published days only when they are asked for.
    project.events(&[("a", 1, 50), ("a", 2, 6), ("a", 3, 1), ("a", 4, 1)]);
    let twice = super::sums("n BIGINT").replace("sum(n)", "2 * sum(n)");
    project.write("sql/metrics/accounts.sql", &twice);
    let told = project.hale(&["run", "--as-of", "2026-01-04", "--json"]);
    assert!(err(&told).contains("2026-01-03 is left as another definition"), "{}", err(&told));
    let result = one_line(&good(told));
    assert_eq!((result.get("restated"), &result["left"]), (None, &json!(["2026-01-03"])));
    assert_eq!(sum(&project, "2026-01-03"), "0");
    // Nothing is looked for where nobody asks for it.
    project.write("hale.yml", SETTINGS);
    project.events(&[("a", 4, 7), ("a", 5, 1)]);
    night(&project, "2026-01-05");
    assert_eq!(sum(&project, "2026-01-04"), "2");
}

#[test]
fn held_days_and_days_as_known_stay_as_they_are() {
    let project = restating("5");
    night(&project, "2026-01-01");
    night(&project, "2026-01-02");
    good(project.hale(&["unpublish", "2026-01-02"]));
    project.events(&[("a", 1, 50), ("a", 2, 6), ("a", 3, 1)]);
    let result = night(&project, "2026-01-03");
    assert_eq!(result["restated"][0]["as_of"], "2026-01-01", "{result}");
    assert!(!project.published().iter().any(|path| path.contains("as_of=2026-01-02")));
    project.json(&["run", "--as-of", "2026-01-01", "--as-known"]);
    project.events(&[("a", 1, 70), ("a", 2, 6), ("a", 3, 1)]);
    let known = project.json(&["run", "--as-of", "2026-01-02", "--as-known"]);
    assert_eq!(known.get("restated"), None);
}

#[test]
fn a_day_that_was_built_incomplete_is_not_what_a_run_would_build() {
    let project = restating("5");
    age(&project, "data/events.parquet", 0);
    let result = project.json(&["run", "--as-of", "2026-01-02", "--incomplete"]);
    assert_eq!(result["published"], true);
    let plan = project.json(&["plan", "--as-of", "2026-01-02"]);
    assert_eq!(plan["steps"][0]["why"], "built --incomplete", "{plan}");
}

#[test]
fn more_days_than_a_year_are_refused() {
    let project = restating("-3");
    let told = project.hale(&["check"]);
    assert_eq!(code(&told), 1);
    assert!(err(&told).contains("`max_restatement_days` is -3, and has to be 0 to 366"), "{}", err(&told));
}

#[test]
fn look_backs_are_told_with_what_has_no_bound() {
    let query = |frame: &str| {
        super::by_day(
            "n BIGINT",
            &format!(
                "SELECT account_id, as_of_date, sum(n) OVER (PARTITION BY account_id ORDER BY as_of_date {frame}) AS n \
                 FROM metrics.days"
            ),
        )
    };
    let days = super::sums("n BIGINT").replace("metrics.accounts", "metrics.days");
    let week = "RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW";
    let project = Project::of(&[("sql/metrics/days.sql", &days), ("sql/metrics/accounts.sql", &query(week))]);
    let told = |project: &Project| project.json(&["plan", "--as-of", "2026-01-20", "--look-back"]);
    let tables = told(&project)["tables"].clone();
    assert_eq!(
        tables[0],
        json!({ "table": "metrics.days", "reads": [{ "table": "dated.events", "days": 0 }] })
    );
    assert_eq!(tables[1]["reads"], json!([{ "table": "metrics.days", "days": 6 }]));
    project.write("sql/metrics/accounts.sql", &query("ROWS UNBOUNDED PRECEDING"));
    let reads = told(&project)["tables"][1]["reads"][0].clone();
    assert_eq!((&reads["table"], &reads["days"]), (&json!("metrics.days"), &Value::Null));
    assert!(reads["because"].as_str().unwrap().contains("sum(metrics.days.n)"), "{reads}");
    let text = good(project.hale(&["plan", "--as-of", "2026-01-20", "--look-back"]));
    assert!(text.contains("metrics.days") && text.contains("all"), "{text}");
}

/// The sums of a day and, beside them, ten times these.
fn day_of(project: &Project, day: &str) -> [String; 2] {
    ["metrics.accounts", "marts.tens"].map(|table| {
        let query = format!("SELECT sum(n) FROM {table} WHERE as_of_date = '{day}'");
        good(project.hale(&["query", &query, "--format", "csv"])).lines().last().unwrap().to_owned()
    })
}

fn tens(times: i32) -> String {
    let query = format!("SELECT account_id, as_of_date, {times} * n AS n FROM metrics.accounts");
    super::by_day("n BIGINT", &query).replace("metrics.accounts (", "marts.tens (")
}

/// A night with a mart over the sums, and a row of it that comes late afterwards.
fn night_with_a_mart() -> (Project, impl Fn(&Project)) {
    let project = restating("5");
    project.write("sql/marts/tens.sql", &tens(10));
    project.events(&[("a", 1, 5)]);
    night(&project, "2026-01-01");
    assert_eq!(day_of(&project, "2026-01-01"), ["5", "50"]);
    (project, |project: &Project| project.events(&[("a", 1, 5), ("b", 1, 2), ("a", 2, 6)]))
}

#[test]
fn a_day_with_a_table_of_another_definition_is_left_whole() {
    let (project, late) = night_with_a_mart();
    late(&project);
    project.write("sql/marts/tens.sql", &tens(100));
    let plan = good(project.hale(&["plan", "--as-of", "2026-01-02"]));
    assert!(plan.contains("2026-01-01 stay as another definition made them"), "{plan}");
    assert_eq!(night(&project, "2026-01-02")["left"], json!(["2026-01-01"]));
    assert_eq!(day_of(&project, "2026-01-01"), ["5", "50"]);
}

#[test]
fn what_reads_a_table_that_is_built_again_is_built_again_with_it() {
    let (project, late) = night_with_a_mart();
    // Built without a look at what sources said, as scores that are made again of published metrics.
    project.write("hale.yml", SETTINGS);
    project.write("sql/marts/tens.sql", &tens(100));
    project.json(&["run", "--as-of", "2026-01-01", "--select", "marts"]);
    assert_eq!(day_of(&project, "2026-01-01"), ["5", "500"]);
    project.write("hale.yml", &format!("{SETTINGS}max_restatement_days: 5\n"));
    late(&project);
    night(&project, "2026-01-02");
    assert_eq!(day_of(&project, "2026-01-01"), ["7", "700"]);
}
