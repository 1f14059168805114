//! What goes wrong outside of hale: a disk that is full, a folder that may not be written to, a clock that goes back. Each time a
//! clear message with its exit code, and what was published before is whole.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::{Project, code, err, good, one_line, out, sums};
use crate::skip;

/// One day of many accounts, published; the sources then have other numbers.
fn published() -> Project {
    let project = Project::of(&[("sql/metrics/accounts.sql", &sums("n BIGINT"))]);
    let names: Vec<String> = (0..30_000).map(|number| format!("account {number}")).collect();
    let rows = |factor: i64| {
        let row =
            |(number, name): (usize, &String)| (name.as_str().to_owned(), 1, number as i64 * factor % 7_919);
        names.iter().enumerate().map(row).collect::<Vec<_>>()
    };
    for factor in [31, 37] {
        let rows = rows(factor);
        let rows: Vec<(&str, i32, i64)> =
            rows.iter().map(|(name, day, n)| (name.as_str(), *day, *n)).collect();
        project.events(&rows);
        if factor == 31 {
            good(project.hale(&["run", "--as-of", "2026-01-01"]));
        }
    }
    project
}

#[track_caller]
fn is_as_before(project: &Project, before: &[u8]) {
    good(project.hale(&["verify"]));
    let plain = project.path("out/metrics/accounts/as_of=2026-01-01/part-0000.parquet");
    assert!(std::fs::read(plain).unwrap() == before, "plain folders show something else");
    let history = one_line(&good(project.hale(&["history", "--json"])));
    assert_eq!(history["commits"].as_array().unwrap().len(), 1);
}

fn plain(project: &Project) -> Vec<u8> {
    std::fs::read(project.path("out/metrics/accounts/as_of=2026-01-01/part-0000.parquet")).unwrap()
}

/// The command in a shell that may write no file of more blocks than some: past it the system says that it is too large.
fn within_blocks(project: &Project, blocks: usize, arguments: &str) -> Output {
    let hale = env!("CARGO_BIN_EXE_hale");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {hale} {arguments}");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(project.path("")).stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn where_the_disk_has_no_room_nothing_is_published_and_it_can_be_tried_again() {
    let project = published();
    let before = plain(&project);
    // Blocks of 512 bytes, or of 1,024 in some shells: less than the rows need in both, and more than a claim.
    let run = within_blocks(&project, 16, "run --as-of 2026-01-01 --json");
    assert_eq!(code(&run), 75, "{}", err(&run));
    assert!(err(&run).contains("cannot write") && err(&run).contains("part-0000.parquet"), "{}", err(&run));
    let result: Value = one_line(&out(&run));
    assert_eq!((&result["published"], &result["exit_code"]), (&false.into(), &75.into()));
    is_as_before(&project, &before);
    let erase = within_blocks(&project, 16, "erase 'account 7'");
    assert_eq!(code(&erase), 75, "{}", err(&erase));
    is_as_before(&project, &before);
    good(project.hale(&["run", "--as-of", "2026-01-01"]));
    assert!(plain(&project) != before);
    good(project.hale(&["verify"]));
}

#[test]
fn an_output_that_may_not_be_written_to_is_refused_and_left_as_it_is() {
    let project = published();
    let before = plain(&project);
    let folders = || {
        let find = Command::new("find").arg(project.path("out")).args(["-type", "d"]).output().unwrap();
        String::from_utf8(find.stdout).unwrap().lines().map(std::path::PathBuf::from).collect::<Vec<_>>()
    };
    let set = |mode: u32| {
        for folder in folders() {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    set(0o555);
    let is_refused = std::fs::write(project.path("out/tried"), "").is_err();
    if is_refused {
        for arguments in [&["run", "--as-of", "2026-01-01"][..], &["rollback", "1"], &["erase", "account 7"]]
        {
            let output = project.hale(arguments);
            assert_eq!(code(&output), 1, "{arguments:?}: {}", err(&output));
            let told = err(&output);
            assert!(told.contains("storage-refused") && told.contains("check the permissions"), "{told}");
        }
        is_as_before(&project, &before);
    }
    set(0o755);
    if !is_refused {
        let _ = std::fs::remove_file(project.path("out/tried"));
        skip::aloud("whoever runs this may write into every folder");
    }
    good(project.hale(&["run", "--as-of", "2026-01-01"]));
}

/// Where a folder belongs, something else lies: refused whoever runs it.
#[test]
fn an_output_that_is_no_folder_is_refused() {
    let project = published();
    let before = plain(&project);
    std::fs::remove_dir_all(project.path("out/_hale/staging")).unwrap();
    project.write("out/_hale/staging", "in the way");
    let run = project.hale(&["run", "--as-of", "2026-01-01"]);
    assert_eq!(code(&run), 1, "{}", err(&run));
    assert!(err(&run).contains("_hale/staging"), "{}", err(&run));
    std::fs::remove_file(project.path("out/_hale/staging")).unwrap();
    is_as_before(&project, &before);
}

/// Commits are in the order of their numbers, whatever the clock said when each was made.
#[test]
fn a_clock_that_goes_back_a_day_changes_nothing() {
    let project = published();
    // The first run was made by a clock that was a day ahead: its commit, its files, a folder that it left.
    let commit = project.path("out/_hale/commits/00000001.json");
    let mut told: Value = serde_json::from_slice(&std::fs::read(&commit).unwrap()).unwrap();
    let ahead = chrono::Utc::now() + chrono::TimeDelta::days(1);
    told["at"] = serde_json::to_value(ahead).unwrap();
    std::fs::write(&commit, told.to_string()).unwrap();
    let left = format!("out/_hale/staging/{}-0123456789abcdef", ahead.format("%Y%m%dT%H%M%S%3fZ"));
    project.write(&format!("{left}/metrics/accounts/part-0000.parquet"), "left");
    for path in super::files_below(&project.path("out")) {
        let file = std::fs::File::options().write(true).open(project.path("out").join(path)).unwrap();
        file.set_modified(ahead.into()).unwrap();
    }
    good(project.hale(&["run", "--as-of", "2026-01-01"]));
    good(project.hale(&["rollback", "1"]));
    good(project.hale(&["release", "--all"]));
    good(project.hale(&["gc", "--days", "0"]));
    let history = one_line(&good(project.hale(&["history", "--json"])));
    let commits = history["commits"].as_array().unwrap();
    let numbers: Vec<u64> = commits.iter().map(|commit| commit["commit"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).rev().collect::<Vec<_>>());
    assert!(numbers.len() >= 4);
    let at = |place: usize| commits[place]["at"].as_str().unwrap().to_owned();
    assert!(at(numbers.len() - 1) > at(0), "the first commit says that it is the youngest");
    good(project.hale(&["verify"]));
    // A folder of nobody who could be asked is left for a day, counted from what the clock says by then.
    assert!(project.path(&left).exists());
}
