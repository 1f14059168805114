//! `hale explain --as-known`: what was published of the days as they were known, and what moved these.

use serde_json::Value;

use super::{FILES, events, hale, write};

/// In what sums of parts are exact.
fn units(value: &Value) -> i64 {
    (value.as_f64().unwrap_or_default() * 1e10).round() as i64
}

#[test]
fn a_day_as_it_was_known_is_explained_as_it_was_published() {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in FILES {
        // A row is known three days after its own.
        write(folder.path(), path, &text.replace("known_after '0 days'", "known_after '3 days'"));
    }
    events(folder.path());
    let text = |arguments: &[&str]| {
        let output = hale(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let json = |arguments: &[&str]| -> Value {
        let all: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&text(&all)).expect("JSON")
    };
    let (from, to) = ("2026-02-03", "2026-02-09");
    let of_account = ["explain", "a", "--score", "health"];
    text(&["run", "--from", from, "--to", to]);
    let not_there = hale(folder.path(), &[&of_account[..], &["--as-known"]].concat());
    assert_eq!(not_there.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&not_there.stderr).contains("is not published in"));
    text(&["run", "--from", from, "--to", to, "--as-known"]);
    let mut differ = 0;
    for account in ["a", "b", "c", "it's"] {
        let shown = json(&["show", "scores.health", "--account", account, "--as-of", to, "--as-known"]);
        let shown = &shown.as_array().expect("rows")[0];
        let explained = ["explain", account, "--score", "health", "--as-of", to];
        let [known, happened] =
            [&["--as-known"][..], &[]].map(|reading| json(&[&explained[..], reading].concat()));
        assert_eq!(known["score"], shown["score"], "{account}");
        differ += usize::from(known["parts"] != happened["parts"]);
        let moved = json(&[&explained[..], &["--as-known", "--vs", from]].concat());
        assert_eq!((&moved["to_score"], &moved["from_date"]), (&known["score"], &Value::from(from)));
        let of_lines = moved["moved"].as_array().expect("lines").iter().map(|line| units(&line["change"]));
        assert_eq!(of_lines.sum::<i64>(), units(&moved["change"]), "{moved}");
    }
    assert!(differ > 0, "what was known is what happened");
    let page = hale(folder.path(), &["explain", "--score", "health", "--as-known"]);
    assert_eq!(page.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&page.stderr).contains("a definition has none; name an account"));
}
