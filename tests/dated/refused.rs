//! Declarations that say nothing, or contradict themselves, are refused with their place.

use std::fs;

use halescore::pipeline::Pipeline;
use halescore::project::Project;
use tempfile::TempDir;

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n";

/// What is said of a source with these columns and options, and of a model that reads it.
fn said(columns: &str, options: &str, model: &str) -> Vec<(&'static str, String)> {
    let folder = TempDir::new().unwrap();
    let source = format!(
        "CREATE EXTERNAL TABLE raw.x ({columns})\nSTORED AS PARQUET LOCATION 'x'\nOPTIONS ({options})\n"
    );
    for (path, text) in [("hale.yml", SETTINGS), ("sql/raw/x.sql", &source), ("sql/staging/x.sql", model)] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
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
    let cases: [(&str, &str, &str); 20] = [
        ("'kind' 'event', 'key' 'id'", "unknown-kind", "kind"),
        ("'happened_at' 'at'", "no-kind", "happened_at"),
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
        (
            "'kind' 'versions', 'key' 'id', 'valid_from' 'later, v', 'known_at' 'known'",
            "option-value",
            "valid_from",
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
    assert_eq!(found, [("undated-read", "raw.x".to_owned())]);
}
