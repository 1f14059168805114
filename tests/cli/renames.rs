//! A model that gets another name keeps its published days: moved in one commit, with no row written again and nothing stale.

use serde_json::{Value, json};

use super::{Project, age, by_day, code, err, files_below, good, sums};

const DAYS: [&str; 4] = ["--from", "2026-01-01", "--to", "2026-01-02"];

/// The table of the log, under a name, after some comments.
fn totals(name: &str, comments: &str) -> String {
    format!("{comments}{}", sums("n BIGINT").replace("metrics.accounts (", &format!("metrics.{name} (")))
}

/// A mart that names the table in all ways in which SQL can.
fn doubled(table: &str) -> String {
    let query = format!(
        "SELECT {table}.account_id, as_of_date, 2 * {table}.n AS n FROM metrics.{table} WHERE metrics.{table}.n > 0"
    );
    let references = format!("account_id VARCHAR NOT NULL REFERENCES metrics.{table} (account_id),");
    by_day("n BIGINT", &query)
        .replace("metrics.accounts (", "marts.doubled (")
        .replace("account_id VARCHAR NOT NULL,", &references)
}

/// Two days of `metrics.sums` and a mart over it, published.
fn published() -> Project {
    let project = Project::of(&[
        ("sql/metrics/sums.sql", &totals("sums", "")),
        ("sql/marts/doubled.sql", &doubled("sums")),
    ]);
    age(&project, "data/events.parquet", 0);
    run(&project);
    project
}

fn run(project: &Project) -> Value {
    project.json(&[&["run"], &DAYS[..]].concat())
}

fn plan(project: &Project) -> Value {
    project.json(&[&["plan"], &DAYS[..]].concat())
}

/// Calls `metrics.sums` `metrics.totals`.
fn rename(project: &Project, was: &str) {
    std::fs::remove_file(project.path("sql/metrics/sums.sql")).unwrap();
    project.write("sql/metrics/totals.sql", &totals("totals", was));
    project.write("sql/marts/doubled.sql", &doubled("totals"));
}

/// Plain files and their bytes, under the names that the tables have now.
fn plain(project: &Project, old: &str, new: &str) -> Vec<(String, Vec<u8>)> {
    let files = files_below(&project.path("out")).into_iter().filter(|path| !path.starts_with("_hale"));
    let read =
        |path: String| (path.replace(old, new), std::fs::read(project.path("out").join(&path)).unwrap());
    let mut files: Vec<_> = files.map(read).collect();
    files.sort();
    files
}

#[test]
fn a_renamed_table_keeps_its_days_and_nothing_is_built_again() {
    let project = published();
    let before = plain(&project, "sums", "totals");
    assert_eq!(before.len(), 2 * 2 + 2);
    rename(&project, "-- was: metrics.sums\n");
    let planned = plan(&project);
    assert_eq!(planned["renamed"], json!({ "metrics.sums": "metrics.totals" }));
    assert_eq!(planned["build"], Value::Null, "{planned}");
    let text = good(project.hale(&[&["plan"], &DAYS[..]].concat()));
    assert!(text.contains("metrics.sums becomes metrics.totals, with all its published days"), "{text}");
    // A dry run sees the days under the new name, and leaves them under the old one.
    project.json(&["run", "--as-of", "2026-01-02", "--dry-run"]);
    assert_eq!(project.json(&["history"])["commits"].as_array().unwrap().len(), 1);
    let told = project.hale(&[&["run", "--json"], &DAYS[..]].concat());
    assert!(err(&told).contains("metrics.sums is metrics.totals from commit 2 on"), "{}", err(&told));
    let result = super::one_line(&good(told));
    assert_eq!((&result["up_to_date"], &result["renamed"]), (&json!(true), &planned["renamed"]));
    assert!(plain(&project, "sums", "totals") == before, "{:?}", project.published());
    assert!(!project.published().iter().any(|path| path.contains("sums")), "{:?}", project.published());
    let history = good(project.hale(&["history"]));
    assert!(history.contains("renamed metrics.sums to metrics.totals"), "{history}");
    good(project.hale(&["verify"]));
    // It is done once, and the line may go.
    assert_eq!(run(&project).get("renamed"), None);
    project.write("sql/metrics/totals.sql", &totals("totals", ""));
    let planned = plan(&project);
    assert_eq!((&planned["build"], &planned["renamed"]), (&Value::Null, &json!({})), "{planned}");
    // What else has changed is said as ever.
    project.write("sql/metrics/totals.sql", &totals("totals", "").replace("sum(n)", "max(n)"));
    assert_eq!(plan(&project)["steps"][0]["why"], "its definition has changed");
}

#[test]
fn a_rollback_past_the_rename_gives_the_old_name_back() {
    let project = published();
    let before = plain(&project, "", "");
    rename(&project, "-- was: metrics.sums\n");
    run(&project);
    good(project.hale(&["rollback", "1"]));
    assert!(plain(&project, "", "") == before, "{:?}", project.published());
    let told = project.hale(&["show", "metrics.totals"]);
    assert!(code(&told) != 0, "{}", err(&told));
    // Whoever runs the project that calls it so renames it again.
    assert_eq!(run(&project)["renamed"], json!({ "metrics.sums": "metrics.totals" }));
    good(project.hale(&["show", "metrics.totals"]));
}

#[test]
fn a_day_that_is_built_with_the_new_name_reads_what_was_published_under_the_old_one() {
    let trend = by_day(
        "n BIGINT",
        "SELECT account_id, as_of_date, sum(n) OVER (PARTITION BY account_id ORDER BY as_of_date \
         RANGE BETWEEN INTERVAL '2' DAY PRECEDING AND CURRENT ROW) AS n FROM metrics.sums",
    );
    let trend = trend.replace("metrics.accounts (", "marts.trend (");
    let project = published();
    project.write("sql/marts/trend.sql", &trend);
    rename(&project, "-- was: metrics.sums\n");
    project.write("sql/marts/trend.sql", &trend.replace("metrics.sums", "metrics.totals"));
    let result = project.json(&["run", "--as-of", "2026-01-03"]);
    assert_eq!(result["as_published"], json!({ "metrics.totals": 2 }), "{result}");
    let file = project.path("out/metrics/totals/as_of=2026-01-03/part-0000.parquet");
    assert!(
        !String::from_utf8_lossy(&std::fs::read(file).unwrap()).contains("was:"),
        "the line is no description"
    );
}

#[test]
fn names_that_no_table_can_have_had_are_refused() {
    let project = published();
    let refused = |path: &str, text: &str, said: &str| {
        project.write(path, text);
        let told = project.hale(&["check"]);
        assert_eq!(code(&told), 1, "{text}");
        assert!(err(&told).contains(said) && err(&told).contains(path), "{said}: {}", err(&told));
        std::fs::remove_file(project.path(path)).unwrap();
    };
    let of = |was: &str| totals("totals", &format!("-- was: {was}\n"));
    let path = "sql/metrics/totals.sql";
    refused(path, &of("metrics.sums"), "metrics.totals was called metrics.sums, which is a model still");
    refused(path, &of("metrics.totals"), "metrics.totals is still called so");
    refused(path, &of("marts.totals"), "marts.totals is of another layer than metrics.totals");
    refused(path, &of("totals"), "`totals` names no table of a layer");
    refused(path, &totals("totals", "-- was: metrics.a\n-- was: metrics.b\n"), "says twice");
    refused(
        "sql/staging/more.sql",
        "-- was: staging.a\nSELECT account_id FROM dated.events\n",
        "staging.more is not stored",
    );
    project.write("sql/metrics/others.sql", &totals("others", "-- was: metrics.old\n"));
    refused(path, &of("metrics.old"), "metrics.totals and metrics.others both were called metrics.old");
}

#[test]
fn two_published_tables_are_not_made_one() {
    let project = published();
    rename(&project, "");
    run(&project);
    project.write("sql/metrics/totals.sql", &totals("totals", "-- was: metrics.sums\n"));
    for command in ["run", "plan"] {
        let told = project.hale(&[&[command], &DAYS[..]].concat());
        assert_eq!(code(&told), 1, "{command}");
        assert!(
            err(&told).contains("metrics.totals was called metrics.sums, and both are published"),
            "{}",
            err(&told)
        );
    }
}

#[test]
fn a_renamed_score_keeps_its_days_and_those_of_its_components() {
    let score = "title: Health\nversion: '1'\ncomponents: {amount: 1}\ntiers: [{name: low, below: 40}, {name: high}]\n";
    let project = Project::of(&[
        ("sql/metrics/accounts.sql", &sums("n BIGINT")),
        (
            "sql/components/all.yml",
            "amount: {title: Amount, value: n, bins: [{below: 6, points: 0}, {points: 4}]}\n",
        ),
        ("sql/scores/health.yml", score),
    ]);
    age(&project, "data/events.parquet", 0);
    run(&project);
    let before = plain(&project, "health", "vigour");
    std::fs::remove_file(project.path("sql/scores/health.yml")).unwrap();
    project.write("sql/scores/vigour.yml", &format!("was: health\n{score}"));
    let planned = plan(&project);
    let both = json!({ "components.health": "components.vigour", "scores.health": "scores.vigour" });
    assert_eq!(planned["renamed"], both);
    // Its name is a part of the definition that its rows tell, so that they are those of another one.
    assert_eq!(planned["steps"][0]["action"], "keep", "{planned}");
    assert_eq!(planned["steps"][2]["why"], "its definition has changed", "{planned}");
    assert_eq!(project.json(&["run", "--as-of", "2026-01-03"])["renamed"], both);
    let days = |files: Vec<(String, Vec<u8>)>| {
        files
            .into_iter()
            .filter(|(path, _)| path.contains("2026-01-0") && !path.contains("03/"))
            .collect::<Vec<_>>()
    };
    assert!(days(plain(&project, "", "")) == days(before), "{:?}", project.published());
    project.write("sql/scores/vigour.yml", &format!("was: vigour\n{score}"));
    let told = err(&project.hale(&["check"]));
    assert_eq!(told.matches("scores.vigour is still called so").count(), 1, "{told}");
}
