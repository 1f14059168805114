//! `hale promote`: the files, the commit, what is refused, what a crash leaves, and the way back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::world::{
    DOUBLE, HEALTH, NEXT, PROMOTED, asked, history, run, shown, texts, with_draft, without_draft,
};
use crate::cli::{Project, code, err, files_below, good};

const WHY: [&str; 4] = ["promote", "health_next", "--why", "judged better"];

fn published() -> Project {
    let project = with_draft();
    run(&project, "2026-01-01", "2026-01-02");
    project
}

/// All bytes of what is published.
fn bytes(project: &Project) -> BTreeMap<String, Vec<u8>> {
    let root = project.path("out");
    let read = |file: String| (file.clone(), std::fs::read(root.join(file)).unwrap());
    files_below(&root).into_iter().map(read).collect()
}

fn rows(project: &Project, table: &str) -> Vec<String> {
    let columns = "account_id, as_of_date, score, tier, definition, version, rank, override_id";
    asked(project, &format!("SELECT {columns} FROM {table} ORDER BY account_id, as_of_date"))
}

#[test]
fn capability_14_promoting_is_a_step_of_its_own_that_history_tells() {
    let project = published();
    let as_draft = rows(&project, "drafts.health_next");
    let before = (rows(&project, "scores.health"), texts(&project));
    let dry = good(project.hale(&["promote", "health_next", "--dry-run"]));
    assert!(
        dry.contains("would promote health_next: scores.health")
            && dry.contains("would remove sql/scores/health_next.yml"),
        "{dry}"
    );
    assert_eq!((history(&project).len(), &texts(&project)), (1, &before.1));

    let said = good(project.hale(&WHY));
    assert!(
        said.contains("change the tier")
            && said.contains("From tier (down) to tier (across)")
            && said.contains("ARR"),
        "{said}"
    );
    assert!(said.contains("hale run --rescore --from 2026-01-01 --to 2026-01-02"), "{said}");
    let commit = &history(&project)[0];
    let definition = commit["what"]["definition"].as_str().unwrap();
    assert_eq!(
        commit["what"],
        serde_json::json!({"did": "promoted", "draft": "health_next", "score": "health", "definition": definition})
    );
    assert!(commit["why"] == "judged better" && commit["by"].as_str().unwrap().contains('@'), "{commit}");
    let told = good(project.hale(&["history"]));
    assert!(told.contains("promoted health_next to health"), "{told}");

    let mut files = before.1;
    files.remove("scores/health_next.yml");
    files.insert("scores/health.yml".to_owned(), PROMOTED.to_owned());
    files.insert("components/tried.yml".to_owned(), DOUBLE.replace("  status: draft\n", ""));
    assert_eq!(texts(&project), files);
    // What is published stays as it was; the draft's own days are gone, and kept with the commit before.
    assert_eq!(rows(&project, "scores.health"), before.0);
    assert!(files_below(&project.path("out/drafts")).is_empty());
    assert!(!project.json(&["plan", "--as-of", "2026-01-02"]).to_string().contains("drafts."));
    good(project.hale(&["verify"]));
    // Restated, it is what the draft was.
    good(project.hale(&["run", "--rescore", "--from", "2026-01-01", "--to", "2026-01-02"]));
    let restated = rows(&project, "scores.health");
    assert_eq!(restated, as_draft);
    assert!(restated[0].contains(definition) && restated != before.0);
}

#[test]
fn capability_114_going_back_restores_every_published_byte() {
    let project = published();
    let (before, yaml) = (bytes(&project), texts(&project));
    let is_object =
        |(file, _): &(&String, &Vec<u8>)| !file.starts_with("_hale/") || file.starts_with("_hale/objects/");
    good(project.hale(&WHY));
    good(project.hale(&["run", "--rescore", "--from", "2026-01-01", "--to", "2026-01-02"]));
    run(&project, "2026-01-02", "2026-01-03");
    assert!(
        shown(&project)
            != before
                .iter()
                .filter(|(file, _)| !file.starts_with("drafts/") && !file.starts_with("_hale/"))
                .map(|(file, bytes)| (file.clone(), bytes.clone()))
                .collect()
    );
    good(project.hale(&["rollback", "1", "--why", "the quarter said otherwise"]));
    let after = bytes(&project);
    for (file, bytes) in before.iter().filter(is_object) {
        assert!(after.get(file) == Some(bytes), "{file}");
    }
    let plain = |all: &BTreeMap<String, Vec<u8>>| {
        all.keys().filter(|file| !file.starts_with("_hale/")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(plain(&after), plain(&before));
    // The definition of before is kept, word for word.
    let commits = history(&project);
    let first = commits.last().unwrap()["definition"].as_str().unwrap();
    let kept: Value = serde_json::from_slice(&after[&format!("_hale/definitions/{first}.json")]).unwrap();
    for (file, text) in yaml {
        assert_eq!(kept[format!("sql/{file}")], text, "{file}");
    }
    let did: Vec<&str> = commits.iter().map(|commit| commit["what"]["did"].as_str().unwrap()).collect();
    assert_eq!(did, ["rolled_back", "published", "published", "promoted", "published"]);
}

#[test]
fn days_of_drafts_alone_are_not_held_by_a_rollback() {
    let project = published();
    good(project.hale(&WHY));
    good(project.hale(&["rollback", "1", "--why", "too early"]));
    assert_eq!(history(&project)[0]["held"], serde_json::json!({}));
    assert!(project.path("out/drafts/health_next/as_of=2026-01-02/part-0000.parquet").is_file());
}

#[test]
fn after_a_crash_the_same_command_finishes() {
    let project = published();
    let before = texts(&project);
    good(project.hale(&WHY));
    let after = texts(&project);
    // The commit was made, and of the files none, the first, or all but the last.
    for done in 0..3 {
        for (file, text) in &before {
            project.write(&format!("sql/{file}"), text);
        }
        for file in ["components/tried.yml", "scores/health.yml"].iter().take(done) {
            project.write(&format!("sql/{file}"), &after[*file]);
        }
        let told = project.json(&WHY);
        assert_eq!(told["commits"], serde_json::json!([2]), "{done}: {told}");
        assert_eq!((texts(&project), history(&project).len()), (after.clone(), 2), "{done}");
    }
    // Somebody published meanwhile: then it is said again.
    for (file, text) in &before {
        project.write(&format!("sql/{file}"), text);
    }
    let night = ["run", "--as-of", "2026-01-03"];
    let ended = project.hale(&night);
    assert!(code(&ended) == 1 && err(&ended).contains("has replaced it"), "{}", err(&ended));
    good(project.hale(&[&night[..], &["--older-definition"]].concat()));
    good(project.hale(&WHY));
    let did: Vec<String> = history(&project).iter().map(|commit| commit["what"]["did"].to_string()).collect();
    assert_eq!(did, ["\"promoted\"", "\"published\"", "\"promoted\"", "\"published\""]);
    assert!(files_below(&project.path("out/drafts")).is_empty());
}

#[test]
fn what_cannot_be_promoted_is_refused_and_nothing_is_changed() {
    let project = published();
    // Of scores of accounts above others, only those with a tier at risk can be shared out.
    project.write(
        "sql/scores/shared.yml",
        "title: Shared\nversion: '1'\nroll_up: {of: health, to: \"'x'\", measure: share_at_risk, fallback: unscored}\ntiers: [{name: all}]\n",
    );
    project.write(
        "sql/scores/safe.yml",
        &NEXT.replace(", at_risk: true", "").replace("double: 2", "rate_2: 1").replace(", rate_2: 1", ""),
    );
    let before = (texts(&project), bytes(&project));
    for (arguments, exit, words) in [
        (
            &["promote", "health_nxt", "--why", "x"][..],
            2,
            "there is no draft `health_nxt`; did you mean `health_next`?",
        ),
        (&["promote", "health", "--why", "x"], 2, "health is published, and no draft"),
        (&["promote", "health_next"], 2, "--why"),
        (&["promote", "health_next", "--why", "  "], 2, "--why is empty"),
        (
            &["promote", "safe", "--why", "x"],
            1,
            "with safe in the place of health the project would be wrong",
        ),
        (&["promote", "safe", "--why", "x"], 1, "`share_at_risk` needs a tier of `health` that is at risk"),
    ] {
        let ended = project.hale(arguments);
        assert!(
            code(&ended) == exit && err(&ended).contains(words),
            "{arguments:?} {words}: {}",
            err(&ended)
        );
        assert!((texts(&project), bytes(&project)) == before, "{arguments:?}");
    }
    let none = without_draft();
    let ended = none.hale(&["promote", "x", "--why", "x"]);
    assert!(code(&ended) == 2 && err(&ended).contains("the project has none"), "{}", err(&ended));
}

#[test]
fn a_draft_that_replaces_none_is_published_under_its_name() {
    let project = without_draft();
    let draft = "{title: Alone, version: '1', status: draft, components: [amount], tiers: [{name: all}]}\n";
    project.write("sql/scores/alone.yml", draft);
    // Nothing was ever published: there is nothing to compare with, and it is promoted all the same.
    let told = project.json(&["promote", "alone", "--why", "a second look"]);
    assert_eq!((&told["commits"], &told["restate"]), (&serde_json::json!([1]), &serde_json::json!([])));
    assert_eq!(texts(&project)["scores/alone.yml"], draft.replace("status: draft, ", ""));
    run(&project, "2026-01-01", "2026-01-01");
    assert_eq!(asked(&project, "SELECT count(*) FROM scores.alone"), ["5"]);
    assert_eq!(texts(&project)["scores/health.yml"], HEALTH);
}

#[test]
fn days_as_known_are_promoted_with_the_others() {
    let project = published();
    good(project.hale(&["run", "--as-of", "2026-01-02", "--as-known"]));
    let told = project.json(&WHY);
    assert_eq!(told["commits"], serde_json::json!([2, 2]));
    let known = project.json(&["history", "--as-known"]);
    assert_eq!(known["commits"][0]["what"]["did"], "promoted");
    assert!(files_below(&project.path("out/as-known/drafts")).is_empty());
}

#[test]
fn after_going_back_the_promoted_definition_counts_no_more() {
    let project = published();
    project.json(&WHY);
    good(project.hale(&["rollback", "1", "--why", "too early"]));
    // The files are still those that were promoted.
    let told = good(project.hale(&["diff"]));
    assert!(!told.contains("the definition is the same") && told.contains("change the tier"), "{told}");
    let ended = project.hale(&["run", "--as-of", "2026-01-03"]);
    assert!(code(&ended) == 1 && err(&ended).contains("has replaced it"), "{}", err(&ended));
    good(project.hale(&["run", "--as-of", "2026-01-03", "--older-definition"]));
}

#[test]
fn days_apart_are_restated_by_the_command_that_is_said() {
    let project = with_draft();
    for day in ["2026-01-01", "2026-01-03"] {
        run(&project, day, day);
    }
    let told = project.json(&WHY);
    assert_eq!(
        told["restate"],
        serde_json::json!(["hale run --rescore --from 2026-01-01 --to 2026-01-03 --every 2"])
    );
    let words: Vec<&str> = told["restate"][0].as_str().unwrap().split(' ').skip(1).collect();
    good(project.hale(&words));
    let definition = told["definition"].as_str().unwrap();
    assert!(rows(&project, "scores.health").iter().all(|row| row.contains(definition)));
}

#[test]
fn a_file_that_is_a_link_stays_one() {
    let project = published();
    let own = project.path("sql/scores/health.yml");
    let other = project.path("elsewhere.yml");
    std::fs::rename(&own, &other).unwrap();
    std::os::unix::fs::symlink(&other, &own).unwrap();
    project.json(&WHY);
    assert!(own.is_symlink());
    assert_eq!(std::fs::read_to_string(&other).unwrap(), PROMOTED);
}
