//! Declarations that say nothing, or contradict themselves, are refused with their place.

use std::fs;

use halescore::pipeline::Pipeline;
use halescore::project::Project;
use tempfile::TempDir;

use crate::cli::{code, err, good, hale};

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n";

/// A source with these columns and what stands behind its location, and a model that reads it.
fn project(columns: &str, behind: &str, model: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let source =
        format!("CREATE EXTERNAL TABLE raw.x ({columns})\nSTORED AS PARQUET LOCATION 'x'\n{behind}\n");
    for (path, text) in [("hale.yml", SETTINGS), ("sql/raw/x.sql", &source), ("sql/staging/x.sql", model)] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What is said of a source with these columns and options, and of a model that reads it.
fn said(columns: &str, options: &str, model: &str) -> Vec<(&'static str, String)> {
    let folder = project(columns, &format!("OPTIONS ({options})"), model);
    match Project::load(folder.path()).and_then(Pipeline::build) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|problem| {
                let at = problem.location.as_ref().expect("every problem has a place");
                (problem.code, at.file.text[at.span.clone()].to_owned())
            })
            .collect(),
    }
}

const COLUMNS: &str = "id VARCHAR NOT NULL, v BIGINT, at TIMESTAMP NOT NULL, known TIMESTAMP NOT NULL, later TIMESTAMP, gone BOOLEAN";

const DATED: &str = "SELECT id, v FROM dated.x";

#[test]
fn each_fault_of_a_declaration_has_its_name_and_its_place() {
    let events = "'kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_at' 'known'";
    assert!(said(COLUMNS, events, DATED).is_empty());
    let cases: [(&str, &str, &str); 26] = [
        ("'kind' 'event', 'key' 'id'", "unknown-kind", "kind"),
        ("'kind' 'events', 'happened_at' 'at'", "no-known-at", "kind"),
        ("'kind' 'events', 'key' 'id', 'known_at' 'known'", "no-time", "kind"),
        ("'kind' 'events', 'key' 'nobody', 'happened_at' 'at', 'known_at' 'known'", "unknown-column", "key"),
        ("'kind' 'events', 'key' 'v', 'happened_at' 'at', 'known_at' 'known'", "nullable-time", "key"),
        (
            "'kind' 'events', 'key' 'id', 'happened_at' 'later', 'known_at' 'known'",
            "nullable-time",
            "happened_at",
        ),
        (
            "'kind' 'events', 'key' 'id', 'happened_at' 'id', 'known_at' 'known'",
            "option-value",
            "happened_at",
        ),
        (
            "'kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_at' 'known', 'known_after' '1 day'",
            "option-value",
            "known_after",
        ),
        (
            "'kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_at' 'known', 'max_delay' 'long'",
            "option-value",
            "max_delay",
        ),
        (
            "'kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_at' 'known', 'valid_to' 'later'",
            "option-without-effect",
            "valid_to",
        ),
        (
            "'kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_at' 'known', 'fixed' 'v'",
            "option-without-effect",
            "fixed",
        ),
        ("'kind' 'versions', 'key' 'id', 'known_at' 'known', 'fixed' 'v, nobody'", "unknown-column", "fixed"),
        ("'kind' 'current', 'key' 'id', 'stale_after' '1 day'", "option-without-effect", "stale_after"),
        (
            "'kind' 'events', 'happened_at' 'at', 'known_after' '0 days', 'usage' 'true', 'stale_after' '1 day'",
            "option-without-effect",
            "stale_after",
        ),
        (
            "'kind' 'versions', 'key' 'id', 'valid_from' 'at', 'known_after' '0 days', 'stale_after' '1 day'",
            "option-without-effect",
            "stale_after",
        ),
        (
            "'kind' 'versions', 'key' 'id', 'valid_from' 'later, v', 'known_at' 'known'",
            "option-value",
            "valid_from",
        ),
        (
            "'kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_at' 'known', 'may_lose' '20 %'",
            "option-without-effect",
            "may_lose",
        ),
        ("'kind' 'snapshots', 'key' 'id', 'taken_at' 'at', 'may_lose' '20'", "option-value", "may_lose"),
        ("'kind' 'snapshots', 'key' 'id', 'taken_at' 'at', 'may_lose' '100 %'", "option-value", "may_lose"),
        // It names the column, and not what the column is about.
        (
            "'kind' 'events', 'key' 'id', 'happened_at' 'at', 'available_at' 'known'",
            "unknown-option",
            "available_at",
        ),
        ("'kind' 'versions', 'known_at' 'known'", "no-key", "kind"),
        ("'kind' 'versions', 'key' 'id'", "no-known-at", "kind"),
        ("'kind' 'versions', 'key' 'id', 'known_at' 'known', 'deleted' 'v'", "option-value", "deleted"),
        (
            "'kind' 'versions', 'key' 'id', 'known_at' 'known', 'before_first' 'maybe'",
            "option-value",
            "before_first",
        ),
        (
            "'kind' 'versions', 'key' 'id', 'known_at' 'known', 'before_first' 'approximate_if_undated'",
            "option-without-effect",
            "before_first",
        ),
        (
            "'kind' 'versions', 'key' 'id', 'known_at' 'known', 'valid_from' 'at', 'before_first' 'approximate_if_undated'",
            "option-without-effect",
            "before_first",
        ),
    ];
    for (options, code, place) in cases {
        let found = said(COLUMNS, options, DATED);
        assert_eq!(found.first(), Some(&(code, place.to_owned())), "{options}: {found:?}");
    }
}

#[test]
fn a_column_may_not_be_called_as_one_that_is_added() {
    let columns = "id VARCHAR NOT NULL, day_after DATE, known TIMESTAMP NOT NULL";
    let found = said(columns, "'kind' 'versions', 'key' 'id', 'known_at' 'known'", DATED);
    assert_eq!(found.first().map(|(code, _)| *code), Some("taken-name"), "{found:?}");
    let columns = "id VARCHAR NOT NULL, v BIGINT, day DATE NOT NULL";
    let options = "'kind' 'events', 'key' 'id', 'happened_at' 'day', 'known_after' '1 day'";
    assert!(said(columns, options, DATED).is_empty(), "the day itself");
}

#[test]
fn rows_as_they_were_delivered_are_not_read_by_models() {
    let events = "'kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_at' 'known'";
    let found = said(COLUMNS, events, "SELECT id, v FROM raw.x");
    assert_eq!(found, [("layer-rule", "raw.x".to_owned())]);
    let folder = project(COLUMNS, &format!("OPTIONS ({events})"), "SELECT id, v FROM raw.x");
    let refused = err(&hale(folder.path(), &["check"]));
    assert!(refused.contains("read `dated.x` in staging"), "{refused}");
    // Whoever asks, and an audit, may look at them.
    let folder = project(COLUMNS, &format!("OPTIONS ({events})"), DATED);
    fs::create_dir_all(folder.path().join("sql/audits")).unwrap();
    fs::write(folder.path().join("sql/audits/a.sql"), "SELECT id FROM raw.x WHERE v < 0").unwrap();
    good(hale(folder.path(), &["check", "--no-sources"]));
}

/// Whatever else it says, a source without a kind is refused: with each kind in a phrase, and a line that does.
#[test]
fn a_source_says_what_a_row_of_it_is() {
    for behind in ["", "OPTIONS ('optional' 'true')", "OPTIONS ('key' 'id', 'known_at' 'known')"] {
        let folder = project(COLUMNS, behind, DATED);
        let refused = hale(folder.path(), &["check", "--no-sources"]);
        assert_eq!(code(&refused), 1, "{}", err(&refused));
        let refused = err(&refused);
        for said in [
            "error[no-kind]: raw.x does not say what a row of it is",
            "--> sql/raw/x.sql:1:23",
            "a fact of one day",
            "what a thing is from a time on",
            "a thing as one load gave it",
            "a thing as it is now",
            "error: 1 problem",
        ] {
            assert!(refused.contains(said), "{behind}: not said: {said}\n{refused}");
        }
        let lines: Vec<&str> =
            refused.lines().filter_map(|line| line.find("OPTIONS ('kind'").map(|at| &line[at..])).collect();
        assert_eq!(lines.len(), 4, "{refused}");
        for line in lines {
            let columns = [("'key'", "id"), ("_at'", "known")];
            let filled = |line: String, (option, column): (&str, &str)| {
                line.replace(&format!("{option} '…'"), &format!("{option} '{column}'"))
            };
            let line = columns.into_iter().fold(line.to_owned(), filled);
            good(hale(project(COLUMNS, &line, DATED).path(), &["check", "--no-sources"]));
        }
    }
}

#[test]
fn how_long_loads_may_lag_is_taken_where_something_tells_how_far_they_reach() {
    for options in [
        "'kind' 'snapshots', 'key' 'id', 'taken_at' 'known'",
        "'kind' 'versions', 'key' 'id', 'known_at' 'known'",
        "'kind' 'events', 'happened_at' 'at', 'known_at' 'known'",
    ] {
        let found = said(COLUMNS, &format!("{options}, 'stale_after' '1 day'"), DATED);
        assert!(found.is_empty(), "{options}: {found:?}");
    }
}
