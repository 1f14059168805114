//! What `hale check --means` says of each kind of source, in one sentence.

use std::path::Path;

use crate::cli::{Project, good, hale, one_line};

/// A source of each kind: its name, its options, and the sentence.
const SAID: [(&str, &str, &str); 9] = [
    (
        "plain",
        "'kind' 'events', 'happened_at' 'at', 'known_after' '1 day'",
        "each row is a fact of the day of at, known 1 day later",
    ),
    (
        "facts",
        "'kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_at' 'known', 'max_delay' '9 days'",
        "rows of one id are deliveries of one fact, of the day of at: of those of its earliest day within 9 days the one known \
         last counts, known at known",
    ),
    (
        "states",
        "'kind' 'versions', 'key' 'id', 'valid_from' 'since', 'known_at' 'known'",
        "each row says what a id is from since on, until the next one of the same id; of those with the same since the one \
         known last counts, known at known",
    ),
    (
        "stated",
        "'kind' 'versions', 'key' 'id', 'version' 'v', 'known_at' 'known', 'fixed' 'v'",
        "each row says what a id is from the time it was known on, until the next one of the same id; of those with the same v \
         the one known last counts, known at known; v of all of them: as known last",
    ),
    (
        "before",
        "'kind' 'versions', 'key' 'id', 'valid_from' 'since', 'known_at' 'known', 'before_first' 'approximate'",
        "each row says what a id is from since on, until the next one of the same id; of those with the same since the one \
         known last counts, known at known; the first stands for what was before it, approximately",
    ),
    (
        "loads",
        "'kind' 'snapshots', 'key' 'id', 'taken_at' 'known'",
        "each load (known) is all there is: a id that the next load does not have ended on that day",
    ),
    (
        "whole",
        "'kind' 'snapshots', 'key' 'id', 'taken_at' 'known', 'may_lose' '20 %'",
        "each load (known) is all there is: a id that the next load does not have ended on that day; a load without more than \
         20 % of those of the one before is refused",
    ),
    (
        "now",
        "'kind' 'current', 'key' 'id'",
        "each row is a id as it is now: what it was on an earlier day is approximate",
    ),
    (
        "seats",
        "'kind' 'current', 'key' 'id', 'begins_at' 'since', 'ends_at' 'until'",
        "each row is a id as it is now, there from since, until until: what it was on an earlier day is approximate",
    ),
];

fn project() -> Project {
    let files: Vec<(String, String)> = SAID
        .iter()
        .map(|(name, options, _)| {
            let source = format!(
                "-- It.\nCREATE EXTERNAL TABLE raw.{name} (\n  id VARCHAR NOT NULL, -- what\n  v BIGINT, -- how much\n  \
                 at TIMESTAMP NOT NULL, -- when\n  since TIMESTAMP, -- from when\n  until TIMESTAMP, -- until when\n  \
                 known TIMESTAMP NOT NULL -- when it was known\n) STORED AS PARQUET LOCATION '{name}'\nOPTIONS ({options})\n"
            );
            (format!("sql/raw/{name}.sql"), source)
        })
        .collect();
    let mut files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("hale.yml", SETTINGS));
    Project::of(&files)
}

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n\
    complete_from: {plain: 2026-01-05}\n";

/// The sentence of a source, with the day from which on it is complete.
fn sentence(name: &str, means: &str) -> String {
    let complete = if name == "plain" { "; complete from 2026-01-05 on" } else { "" };
    format!("{means}{complete}")
}

#[test]
fn a_declaration_is_read_back_in_a_sentence_that_fits_a_terminal() {
    let project = project();
    let said = good(project.hale(&["check", "--no-sources", "--means"]));
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    let whole = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for (name, _, means) in SAID {
        assert!(whole.contains(&format!("raw.{name}: {}", sentence(name, means))), "{name}: {said}");
    }
    assert!(said.lines().last().unwrap().starts_with("ok: "), "{said}");
    let json = one_line(&good(project.hale(&["check", "--no-sources", "--json"])));
    for (name, _, means) in SAID {
        assert_eq!(json["means"][format!("raw.{name}")], sentence(name, means));
    }
    // Nothing of it where it is not asked for.
    assert_eq!(good(project.hale(&["check", "--no-sources"])).lines().count(), 1);
}

#[test]
fn each_source_of_the_bundled_project_is_read_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = good(hale(root, &["check", "--no-sources", "--means"]));
    let sources = said.lines().filter(|line| line.starts_with("raw.")).count();
    assert!(sources > 25, "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
}
