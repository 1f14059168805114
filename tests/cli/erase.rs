//! `hale erase` and the proof of it, `hale verify --absent`, as people meet them.

use serde_json::Value;

use super::{Project, code, err, files_below, good, one_line, out, sums};

fn json(project: &Project, arguments: &[&str]) -> Value {
    one_line(&good(project.hale(&[arguments, &["--json"]].concat())))
}

/// Days of three accounts, published twice and as they were known, with a table that has no accounts.
fn project() -> Project {
    let total = "CREATE TABLE marts.totals (day DATE PRIMARY KEY, n BIGINT) AS \
                 SELECT as_of_date AS day, sum(n) AS n FROM metrics.accounts GROUP BY as_of_date\n";
    let project =
        Project::of(&[("sql/metrics/accounts.sql", &sums("n BIGINT")), ("sql/marts/totals.sql", total)]);
    project.events(&[("acme-17", 1, 5), ("b", 1, 7), ("acme-17", 2, 9), ("c", 2, 1)]);
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-02"]));
    project.events(&[("acme-17", 1, 5), ("b", 1, 7), ("acme-17", 2, 90), ("c", 2, 1)]);
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    good(project.hale(&["run", "--as-of", "2026-01-02", "--as-known"]));
    project
}

#[test]
fn an_account_is_erased_and_that_is_proven() {
    let project = project();
    let absent = ["verify", "--absent", "acme-17"];
    let present = project.hale(&absent);
    assert_eq!(code(&present), 3, "{}", out(&present));
    let told = err(&present);
    assert!(told.contains("value-present") && told.contains("rows by `account_id`"), "{told}");
    // A rehearsal says what would go, and what has no such column.
    let before = files_below(&project.path("out"));
    let rehearsed = good(project.hale(&["erase", "acme-17", "nobody", "--dry-run"]));
    assert!(rehearsed.contains("would erase 3 rows out of 3 files\n"), "{rehearsed}");
    assert!(rehearsed.contains("of days as they were known") && rehearsed.contains("not found: nobody"));
    assert!(rehearsed.contains("having no column account_id: marts.totals"), "{rehearsed}");
    assert_eq!(files_below(&project.path("out")), before);
    let told = good(project.hale(&["erase", "acme-17", "--why", "request 1204"]));
    assert!(told.contains("erased: commit 3, 3 rows out of 3 files; commits 1 to 2 are"), "{told}");
    assert!(told.contains("the sources were not touched: a run brings the rows back"), "{told}");
    assert_eq!(json(&project, &absent)["absent"], true);
    good(project.hale(&["verify"]));
    good(project.hale(&["verify", "--as-known"]));
    good(project.hale(&["verify", "--commit", "1"]));
    let rows = |commit: &str| {
        let sql = "SELECT account_id FROM metrics.accounts ORDER BY account_id";
        good(project.hale(&["query", sql, "--format", "csv", "--commit", commit]))
    };
    assert_eq!((rows("1"), rows("3")), ("account_id\nb\nc\n".into(), "account_id\nb\nc\n".into()));
    let history = good(project.hale(&["history"]));
    assert!(history.contains("erased 1 of account_id: 3 rows of 3 files"), "{history}");
    assert!(history.contains("request 1204") && history.contains("rows erased by 3"), "{history}");
    // The sources still have it, and a run brings it back.
    good(project.hale(&["run", "--as-of", "2026-01-02", "--force"]));
    assert_eq!(code(&project.hale(&absent)), 3);
}

/// Where the sources have lost the account too, a run changes nothing of what an erasure left.
#[test]
fn what_is_left_is_what_a_run_without_the_account_gives() {
    let project = Project::sound();
    let run = ["run", "--from", "2026-01-01", "--to", "2026-01-02"];
    good(project.hale(&run));
    project.write("ids.txt", "a\r\n\n'; DROP\n");
    let erased = json(&project, &["erase", "--from-file", "ids.txt"]);
    assert_eq!((&erased["ids"], &erased["published"]["rows"]), (&2.into(), &3.into()));
    assert_eq!(erased["not_found"], Value::Array(Vec::new()));
    project.events(&[("b", 1, 7)]);
    let again = json(&project, &run);
    assert_eq!((&again["published"], &again["commit"]), (&true.into(), &Value::Null), "{again}");
    good(project.hale(&["verify"]));
}

#[test]
fn what_would_not_erase_or_would_give_it_away_is_refused() {
    let project = project();
    let refused = |arguments: &[&str], words: &str| {
        let output = project.hale(arguments);
        assert!(code(&output) == 2 && err(&output).contains(words), "{arguments:?}: {}", err(&output));
    };
    refused(&["erase"], "required");
    refused(&["erase", ""], "at least one id");
    refused(&["erase", "--from-file", "none.txt"], "none.txt");
    refused(&["erase", "acme-17", "--why", "acme-17 asked for it"], "names an id");
    refused(&["verify", "--absent", ""], "no value");
    refused(&["erase", "--column", "ACCOUNT_ID", "acme-17"], "no table that is kept has such a column");
    assert_eq!(json(&project, &["history"])["commits"].as_array().unwrap().len(), 2);
    // A file that nobody can read proves nothing.
    good(project.hale(&["erase", "acme-17"]));
    project.write("out/theirs.parquet", "acme-17");
    let unread = project.hale(&["verify", "--absent", "acme-17"]);
    assert!(code(&unread) == 3 && err(&unread).contains("unread-file"), "{}", err(&unread));
    // Text is found as a word: in the definition of a project, not in a longer word.
    std::fs::remove_file(project.path("out/theirs.parquet")).unwrap();
    project.write("out/notes.json", "{\"who\": \"acme-171\"}");
    good(project.hale(&["verify", "--absent", "acme-17"]));
    project.write("out/notes.json", "{\"who\": \"acme-17\"}");
    let found = project.hale(&["verify", "--absent", "acme-17"]);
    assert!(code(&found) == 3 && err(&found).contains("notes.json: its text"), "{}", err(&found));
}

/// A day that was taken out and built again has two objects with the same bytes, of two runs.
#[test]
fn two_objects_with_the_same_bytes_are_both_erased_from() {
    let project = Project::sound();
    let days = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"];
    let rows: Vec<_> = (1..=4).flat_map(|day| [("acme-17", day, i64::from(day)), ("b", day, 1)]).collect();
    project.events(&rows);
    let run = ["run", "--from", days[0], "--to", days[3]];
    good(project.hale(&run));
    good(project.hale(&[&["unpublish"], &days[..]].concat()));
    good(project.hale(&["release", "--all"]));
    good(project.hale(&run));
    let objects = files_below(&project.path("out/_hale/objects"));
    let hashes: std::collections::BTreeSet<_> =
        objects.iter().filter_map(|path| Some(path.split('-').next()?.to_owned())).collect();
    assert!(hashes.len() + days.len() <= objects.len(), "{objects:?}");
    let erased = json(&project, &["erase", "acme-17"]);
    assert!(erased["published"]["rows"].as_u64().is_some_and(|rows| rows > 0), "{erased}");
    assert_eq!(json(&project, &["verify", "--absent", "acme-17"])["absent"], true);
    good(project.hale(&["verify"]));
}

/// A text that mentions an id holds it; a number is no part of dates.
#[test]
fn a_text_that_mentions_an_id_is_found() {
    let notes = "-- What was said.\nCREATE TABLE marts.notes (day DATE PRIMARY KEY, note VARCHAR) AS \
                 SELECT as_of_date AS day, 'of ' || max(account_id) || ', on 2026-01-02' AS note FROM metrics.accounts \
                 GROUP BY as_of_date\n";
    let project =
        Project::of(&[("sql/metrics/accounts.sql", &sums("n BIGINT")), ("sql/marts/notes.sql", notes)]);
    good(project.hale(&["run", "--as-of", "2026-01-01"]));
    let absent = |value: &str| code(&project.hale(&["verify", "--absent", value]));
    assert_eq!([absent("b"), absent("bb"), absent("17"), absent("01")], [3, 0, 0, 0]);
    good(project.hale(&["erase", "b"]));
    let left = project.hale(&["verify", "--absent", "b"]);
    assert!(code(&left) == 3 && err(&left).contains("rows by `note`"), "{}", err(&left));
}
