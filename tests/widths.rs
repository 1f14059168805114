//! What people read fits a terminal of 80 columns, and has as many digits as they read: on the bundled sample.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use halescore::project::model::Model;

use crate::cli::{code, err, out};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The command as it prints on a terminal of so many columns.
fn hale(columns: u32, out: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hale"));
    command.args(arguments).current_dir(ROOT).env("COLUMNS", columns.to_string()).env("HALE_OUT", out);
    command.stdin(Stdio::null()).output().unwrap()
}

fn longest(text: &str) -> (usize, &str) {
    text.lines().map(|line| (line.chars().count(), line)).max().unwrap_or_default()
}

/// Words that look like a double as it is stored.
fn long_numbers(text: &str) -> Vec<&str> {
    let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let is_long = |part: &&str| part.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 6);
    parts.filter(is_long).collect()
}

/// The stored models of the bundled project.
fn stored() -> Vec<String> {
    let project = halescore::project::Project::load(Path::new(ROOT)).unwrap();
    let pipeline = halescore::pipeline::Pipeline::build(project).unwrap();
    pipeline
        .models
        .iter()
        .filter(|model| Model::is_stored(model))
        .map(|model| model.name.to_string())
        .collect()
}

#[test]
fn nothing_that_people_read_is_wider_than_the_terminal_or_has_more_digits_than_they_read() {
    let folder = tempfile::tempdir().unwrap();
    let ran = hale(80, folder.path(), &["run", "--from", "2026-09-29", "--to", "2026-09-30"]);
    assert_eq!(code(&ran), 0, "{}", err(&ran));
    let said = err(&ran);
    let (length, line) = longest(&said);
    assert!(length <= 80, "`hale run` prints {length} columns: {line}");
    let mut asked: Vec<Vec<String>> = [
        "check",
        "ls",
        "ls --lineage metrics.usage",
        "explain a000000",
        "explain a000001 --score expansion",
        "explain a000000 --vs 2026-09-29",
        "explain a000003 --vs 2026-09-29",
        "diff",
        "diff --vs 2026-09-29",
        "suggest bins usage_seconds_28d",
        "suggest bins logins_28d --shares 10,20,40,20,10",
        "suggest bins --component usage --score health",
        "suggest themes",
        "suggest worth --score health",
        "test metrics.usage",
    ]
    .map(|line| line.split(' ').map(str::to_owned).collect())
    .to_vec();
    let usage = tempfile::tempdir().unwrap();
    let usage = usage.path().join("usage").display().to_string();
    assert_eq!(code(&hale(80, folder.path(), &["init", "--template", "usage", &usage])), 0);
    asked.push(["diff", &usage, "."].map(str::to_owned).to_vec());
    asked.extend(
        stored().into_iter().map(|table| ["show", &table, "--limit", "12"].map(str::to_owned).to_vec()),
    );
    for query in [
        "SELECT * FROM components.health LIMIT 20",
        "SELECT account_id, score, percentile, score / 3.0 FROM scores.health",
        "SELECT avg(CAST(arr AS DOUBLE)) / 7.0, CAST(1 AS DECIMAL(38, 10)) / 3, [1.0 / 3.0] FROM metrics.accounts",
    ] {
        asked.push(vec!["query".to_owned(), query.to_owned()]);
    }
    for arguments in asked {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = hale(80, folder.path(), &words);
        assert_eq!(code(&ended), 0, "{words:?}: {}", err(&ended));
        for said in [out(&ended), err(&ended)] {
            let (length, line) = longest(&said);
            assert!(length <= 80, "{words:?} prints {length} columns: {line}\n{said}");
            assert_eq!(long_numbers(&said), [""; 0], "{words:?} prints numbers as they are stored:\n{said}");
        }
    }
}
