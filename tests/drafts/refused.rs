//! What a draft may not say, and who may not read one: each with its place.

use super::world::{COMPONENTS, DOUBLE, HEALTH, METRICS, NEXT, with_draft, without_draft};
use crate::cli::{Project, code, err, good};

#[track_caller]
fn refused(project: &Project, words: &[&str]) {
    let ended = project.hale(&["check"]);
    assert_eq!(code(&ended), 1, "{}", err(&ended));
    for words in words {
        assert!(err(&ended).contains(words), "{words}: {}", err(&ended));
    }
}

#[test]
fn capability_14_nothing_reads_a_draft() {
    let read = |path: &str, sql: &str, words: &[&str]| {
        let project = with_draft();
        project.write(path, sql);
        refused(&project, words);
    };
    let mart = "-- M.\nSELECT account_id, as_of_date, score FROM drafts.health_next\n";
    read(
        "sql/marts/tried.sql",
        mart,
        &["layer-rule", "a marts model may not read `drafts.health_next`", "sql/marts/tried.sql:2"],
    );
    read("sql/outcomes/tried.sql", mart, &["a outcomes model may not read `drafts.health_next`"]);
    read(
        "sql/audits/tried.sql",
        "SELECT account_id FROM drafts.health_next_components WHERE points < 0",
        &["layer-rule", "an audit may not read `drafts.health_next_components`", "sql/audits/tried.sql:1"],
    );
    let metrics = METRICS.replace(
        "FROM staging.events",
        "FROM (SELECT account_id, as_of_date AS day, 1 AS n FROM drafts.health_next) AS d",
    );
    read("sql/metrics/accounts.sql", &metrics, &["a metrics model may not read `drafts.health_next`"]);
    let roll_up = "title: R\nversion: '1'\nroll_up: {of: health_next, to: \"'x'\", measure: mean, fallback: own}\ntiers: [{name: all}]\n";
    read(
        "sql/scores/rolled.yml",
        roll_up,
        &["uses-a-draft", "`health_next` is a draft, of which no other score is made"],
    );
    let uses = HEALTH.replace("rate: 1}", "rate: 1, double: 1}");
    read(
        "sql/scores/health.yml",
        &uses,
        &[
            "uses-a-draft",
            "`double` is a draft",
            "sql/scores/health.yml:4:34",
            "declared in sql/components/tried.yml, line 2",
        ],
    );
    read("sql/drafts/own.sql", mart, &["drafts are declared in YAML"]);
    good(with_draft().hale(&["check"]));
}

#[test]
fn what_a_draft_says_wrongly_is_told_with_its_place() {
    let said = |from: &str, to: &str, words: &[&str]| {
        let project = with_draft();
        assert!(NEXT.contains(from), "{from}");
        project.write("sql/scores/health_next.yml", &NEXT.replacen(from, to, 1));
        refused(&project, words);
    };
    said("status: draft", "status: drafted", &["unsupported-value", "supported: `published`, `draft`"]);
    said(
        "status: draft",
        "status: published",
        &["not-a-draft", "`replaces` is said of drafts", "health_next.yml:5"],
    );
    said(
        "replaces: health",
        "replaces: helth",
        &["unknown-score", "`helth` is no score", "did you mean `health`?", "health_next.yml:5:11"],
    );
    said("replaces: health", "replaces: health_next", &["`health_next` is a draft itself"]);
    said("replaces: health\n", "", &["missing-key", "the key `replaces` is missing"]);
    said("share: 0.5", "share: 1", &["bad-number", "above 0 and below 1, and this is 1"]);
    said("share: 0.5", "share: 0", &["bad-number"]);
    said("salt: 2026-q4", "salt: ''", &["bad-text"]);
    said("version: '2'", "version: '2'\nwas: old", &["renamed", "leave `was` out"]);
    let project = with_draft();
    project.write("sql/scores/tried_components.yml", NEXT);
    refused(&project, &["reserved-name", "`tried_components` cannot name a draft"]);
    let project = with_draft();
    project.write("sql/scores/health_next.yml", &NEXT.replace("overrides: true\n", "entity: user\n"));
    refused(&project, &["other-entity"]);
    let project = without_draft();
    project.write(
        "sql/components/all.yml",
        &format!("{COMPONENTS}{}", DOUBLE.replace("status: draft", "status: published")),
    );
    good(project.hale(&["check"]));
}
