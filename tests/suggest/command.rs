//! The command: the bins of today, its help, that it writes nothing, and where it reads from.

use std::path::Path;

use bytes::Bytes;
use halescore::storage::Storage;
use serde_json::Value;

use super::world::{DAYS, RED, facts, files, hale, json, project, refused, text};
use crate::s3_server::s3_server;

/// Rows by bin of a rule that is told, in all and of a segment.
fn rows(rule: &Value, segment: Option<usize>) -> Vec<u64> {
    let bins = rule["bins"].as_array().expect("bins");
    let of = |bin: &Value| match segment {
        Some(at) => bin["segment_rows"][at].as_u64().expect("a count"),
        None => bin["rows"].as_u64().expect("a count"),
    };
    bins.iter().map(of).collect()
}

#[test]
fn capability_8_the_bins_of_a_component_show_who_stands_in_them_today() {
    let told = json(&["suggest", "bins", "--component", "usage", "--score", "health", "--as-of", DAYS[0]]);
    let day: Vec<_> = facts().into_iter().filter(|fact| fact.day == DAYS[0]).collect();
    let bin = |seconds: i64| {
        if seconds < 7200 {
            0
        } else if seconds <= 18_000 {
            1
        } else {
            2
        }
    };
    let count = |segment: Option<Option<&str>>| -> Vec<u64> {
        let own = || day.iter().filter(|fact| segment.is_none_or(|segment| fact.segment == segment));
        (0..3).map(|at| own().filter(|fact| bin(fact.seconds) == at).count() as u64).collect()
    };
    let rule = &told["rules"][0];
    assert_eq!(rows(rule, None), count(None));
    let segments = told["segments"].as_array().expect("segments");
    let names: Vec<Option<&str>> = segments.iter().map(|segment| segment["name"].as_str()).collect();
    assert_eq!(names, [None, Some(RED), Some("MM"), Some("SMB"), Some("it's")]);
    for (at, name) in names.into_iter().enumerate() {
        let naive = count(Some(name));
        assert_eq!(rows(rule, Some(at)), naive);
        let share = naive[0] as f64 / naive.iter().sum::<u64>() as f64;
        let told = rule["bins"][0]["segment_shares"][at].as_f64().expect("a share");
        assert!((told - share).abs() < 1e-12);
    }
    let words: Vec<&str> =
        rule["bins"].as_array().expect("bins").iter().filter_map(|bin| bin["bin"].as_str()).collect();
    assert_eq!(words, ["below 2", "some: from 2, to 5", "above 5"]);
}

#[test]
fn cases_have_their_own_bins_and_rows_without_one_are_told_with_the_reason() {
    let told = json(&["suggest", "bins", "--component", "spread", "--score", "health", "--as-of", DAYS[0]]);
    let day: Vec<_> = facts().into_iter().filter(|fact| fact.day == DAYS[0]).collect();
    let known = |fact: &&super::world::Fact| !fact.is_trial && fact.share.is_some_and(f64::is_finite);
    let share = |fact: &super::world::Fact| fact.share.unwrap_or_default();
    let often = |edge: f64, is_often: bool| -> Vec<u64> {
        let own = || day.iter().filter(known).filter(|fact| (fact.logins > 20) == is_often);
        [
            own().filter(|fact| share(fact) < edge).count() as u64,
            own().filter(|fact| share(fact) >= edge).count() as u64,
        ]
        .to_vec()
    };
    assert_eq!(
        (&told["rules"][0]["when"], &told["rules"][1]["when"]),
        (&"logins_28d > 20".into(), &Value::Null)
    );
    assert_eq!(rows(&told["rules"][0], None), often(0.4, true));
    assert_eq!(rows(&told["rules"][1], None), often(0.6, false));
    let valueless = told["valueless"].as_array().expect("states");
    let states: Vec<&str> = valueless.iter().filter_map(|state| state["state"].as_str()).collect();
    assert_eq!(states, ["not_applicable", "not_reported"]);
    let trials = day.iter().filter(|fact| fact.is_trial).count() as u64;
    assert_eq!(valueless[0]["rows"].as_u64(), Some(trials));
    let told = text(&["suggest", "bins", "--component", "spread", "--score", "health"]);
    assert!(told.contains("\nwhere logins_28d > 20:\n") && told.contains("\nelse:\n"), "{told}");
    let told = text(&["suggest", "bins", "--component", "kind", "--score", "health", "--as-of", DAYS[0]]);
    assert!(
        told.contains("any other") && told.contains("\\u{1b}[31mENT") && !told.contains('\u{1b}'),
        "{told}"
    );
    let told = text(&["suggest", "bins", "--component", "habit", "--by", "role"]);
    assert!(told.contains("guest") && told.contains("from 20"), "{told}");
}

#[test]
fn a_component_that_has_no_bins_is_said_to_have_none() {
    let of = |component: &str, more: &[&str]| {
        refused(2, &[&["suggest", "bins", "--component", component], more].concat())
    };
    let line = of("logins", &["--score", "health"]);
    assert!(
        line.contains("logins has no bins but a line from 0 to 40") && line.contains("hale suggest bins"),
        "{line}"
    );
    assert!(
        of("usge", &["--score", "health"]).contains("no score has a component `usge`; did you mean `usage`?")
    );
    assert!(of("usge", &[]).contains("did you mean `usage`?"));
    assert!(of("usage", &[]).contains("say which with --score"));
    assert!(of("usage", &["--score", "helth"]).contains("did you mean `health`?"));
    assert!(of("habit", &["--score", "health"]).contains("no score has a component `habit`"));
}

/// The examples of a help text, as words: what stands before a pipe, without what is said of it.
pub fn examples(arguments: &[&str]) -> Vec<Vec<String>> {
    let help = text(&[arguments, &["--help"]].concat());
    let lines = help.lines().filter_map(|line| line.strip_prefix("  hale "));
    let call = |line: &str| {
        line.split(" | ").next().unwrap_or(line).split("   ").next().unwrap_or(line).trim().to_owned()
    };
    let words = |call: String| {
        let mut words = Vec::new();
        for (at, part) in call.split('"').enumerate() {
            if at % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        words
    };
    lines.map(|line| words(call(line))).collect()
}

#[test]
fn every_example_of_the_help_runs_and_nothing_is_written() {
    let before = files(project().path());
    let mut count = 0;
    for question in [&["suggest"][..], &["suggest", "bins"], &["suggest", "themes"], &["suggest", "worth"]] {
        // Those that are about outcomes run where there are some.
        for mut words in
            examples(question).into_iter().filter(|words| !words.iter().any(|word| word == "--labels"))
        {
            if words.iter().any(|word| word == "--component") && !words.iter().any(|word| word == "--score") {
                // In this project several scores have it.
                words.extend(["--score", "health"].map(str::to_owned));
            }
            let told = text(&words.iter().map(String::as_str).collect::<Vec<&str>>());
            assert!(told.lines().count() > 0, "{words:?}");
            count += 1;
        }
    }
    assert!(count >= 20, "{count} examples were found");
    assert_eq!(before, files(project().path()));
}

#[test]
fn what_was_published_in_an_object_store_is_read_there() {
    let Some(server) = s3_server() else { return };
    let storage: Storage = server.storage("suggested");
    let out = project().path().join("out");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for (path, bytes) in files(&out) {
        let relative = Path::new(&path).strip_prefix(&out).expect("below").to_string_lossy().into_owned();
        runtime.block_on(storage.put(&relative, Bytes::from(bytes))).expect("put");
    }
    for question in [&["bins", "logins_28d"][..], &["themes"], &["worth", "--score", "health"]] {
        let arguments = [&["suggest"], question, &["--json"]].concat();
        let local = hale(project().path(), &arguments);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hale"));
        command
            .current_dir(project().path())
            .args(&arguments)
            .args(["--out", "s3://hale/suggested"])
            .envs(server.options());
        let remote = command.output().expect("it starts");
        assert!(remote.status.success(), "{}", String::from_utf8_lossy(&remote.stderr));
        assert_eq!(remote.stdout, local.stdout);
    }
}
