//! `hale diff` of drafts, by their names.

use serde_json::Value;

use super::world::{HEALTH, NEXT, PROMOTED, files, run, with_draft};
use crate::cli::{Project, code, err};

fn published() -> Project {
    let project = with_draft();
    run(&project, "2026-01-01", "2026-01-03");
    project
}

/// A comparison without what is only said.
fn told(project: &Project, arguments: &[&str]) -> Value {
    let mut told =
        project.json(&[&["diff", "--from", "2026-01-01", "--to", "2026-01-03"], arguments].concat());
    for end in ["old", "new"] {
        told[end].as_object_mut().unwrap().remove("words");
    }
    told.as_object_mut().unwrap().remove("notes");
    told
}

#[test]
fn a_draft_is_compared_as_if_it_were_written_over_its_score() {
    let project = published();
    let by_names = told(&project, &["health", "health_next"]);
    assert!(by_names["moved"]["rows"].as_u64().unwrap() > 0, "{by_names}");
    for same in [&["health_next"][..], &["published", "health_next"], &["--score", "health_next"]] {
        assert_eq!(told(&project, same), by_names, "{same:?}");
    }
    project.write("sql/scores/health.yml", PROMOTED);
    project.write("sql/components/tried.yml", &super::world::DOUBLE.replace("  status: draft\n", ""));
    std::fs::remove_file(project.path("sql/scores/health_next.yml")).unwrap();
    let mut written = told(&project, &[]);
    // It is called what it is called.
    for key in ["score", "score_name", "title"] {
        if let Some(told) = by_names.get(key) {
            written[key] = told.clone();
        }
    }
    assert_eq!(written, by_names);
}

#[test]
fn a_draft_is_compared_on_days_on_which_it_never_was() {
    let project = Project::of(&files());
    run(&project, "2026-01-01", "2026-01-02");
    project.write("sql/components/tried.yml", super::world::DOUBLE);
    project.write("sql/scores/health_next.yml", NEXT);
    let told = project.json(&["diff", "health_next"]);
    assert_eq!((&told["days"], &told["new"]["version"]), (&1.into(), &"2".into()));
}

#[test]
fn a_draft_without_a_score_to_replace_is_compared_with_one_that_is_named() {
    let project = published();
    let alone = NEXT
        .replace("replaces: health\n", "")
        .replace("challenge:\n  share: 0.5\n  salt: 2026-q4 # any\n", "");
    project.write("sql/scores/alone.yml", &alone);
    let told = project.json(&["diff", "health", "alone"]);
    // What people set against health is not set against it.
    let kinds: Vec<&str> =
        told["causes"].as_array().unwrap().iter().map(|cause| cause["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"overrides"), "{kinds:?}");
    let refused = project.hale(&["diff", "alone"]);
    assert!(code(&refused) == 2 && err(&refused).contains("there is no score `alone`"), "{}", err(&refused));
    let refused = project.hale(&["diff", "health", "health_next", "--score", "health"]);
    assert!(code(&refused) == 2 && err(&refused).contains("one score too many"), "{}", err(&refused));
    assert!(!HEALTH.is_empty());
}
