//! A draft is a table like any other, and changes nothing of what people see.

use super::log::Log;
use super::world::{
    COMPONENTS, DOUBLE, HEALTH, NEXT, PROMOTED, asked, history, run, shown, with_draft, without_draft,
};
use crate::cli::{err, good};

const DAYS: [&str; 2] = ["2026-01-01", "2026-01-03"];

#[test]
fn capability_14_a_draft_changes_no_published_byte_of_any_other_table() {
    let (with, without) = (with_draft(), without_draft());
    for project in [&with, &without] {
        run(project, DAYS[0], DAYS[1]);
    }
    let (beside, expected) = (shown(&with), shown(&without));
    assert!(
        expected.len() > 15 && expected.keys().any(|file| file.starts_with("latest/")),
        "{:?}",
        expected.keys()
    );
    assert_eq!(beside.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    assert!(beside == expected, "other bytes");
    assert!(with.path("out/drafts/health_next/as_of=2026-01-03/part-0000.parquet").is_file());
    assert!(with.path("out/drafts/health_next_components/as_of=2026-01-03/part-0000.parquet").is_file());
    // A draft that comes later makes nothing stale either.
    let later = without;
    later.write("sql/components/tried.yml", DOUBLE);
    later.write("sql/scores/health_next.yml", NEXT);
    let built = later.json(&["run", "--from", DAYS[0], "--to", DAYS[1]]);
    assert!(shown(&later) == expected, "other bytes");
    assert_eq!(built["published"], true);
    let what = &history(&later)[0]["what"]["tables"];
    let tables: Vec<&String> = what.as_object().unwrap().keys().collect();
    assert_eq!(tables, ["drafts.health_next", "drafts.health_next_components"]);
}

/// Random drafts beside the same project.
#[test]
fn law_random_drafts_change_nothing_that_is_published() {
    let without = without_draft();
    run(&without, DAYS[0], DAYS[1]);
    let expected = shown(&without);
    let mut log = Log::new(14);
    for draw in 0..5 {
        let project = without_draft();
        for draft in 0..=log.below(2) {
            project.write(&format!("sql/components/tried_{draft}.yml"), &log.component(draft));
            project.write(&format!("sql/scores/draft_{draft}.yml"), &log.draft(draft));
        }
        run(&project, DAYS[0], DAYS[1]);
        assert!(shown(&project) == expected, "draw {draw}");
    }
}

#[test]
fn a_draft_is_carried_as_any_table() {
    let project = with_draft();
    run(&project, DAYS[0], DAYS[1]);
    for (command, words) in [
        (vec!["ls"], "drafts.health_next"),
        (vec!["plan", "--from", DAYS[0], "--to", DAYS[1]], "drafts.health_next"),
        (vec!["ls", "--format", "dot"], "drafts.health_next"),
        (vec!["show", "drafts.health_next"], "champion_tier"),
        (vec!["query", "SELECT count(*) AS n FROM drafts.health_next_components"], "n"),
        (vec!["compile", "--out", "sql-of-it"], ""),
    ] {
        let said = good(project.hale(&command));
        assert!(said.contains(words), "{command:?}: {said}");
    }
    good(project.hale(&["docs", "--out", "site"]));
    let page = std::fs::read_to_string(project.path("site/scores/health_next.html")).unwrap();
    assert!(page.contains("drafts.health_next_components"), "{page}");
    assert!(good(project.hale(&["schema", "scores"])).contains("hale promote"));
    good(project.hale(&["verify"]));
    good(project.hale(&["run", "--as-of", DAYS[1], "--select", "drafts.health_next", "--force"]));
    project.write("sql/scores/health_next.yml", &NEXT.replace("version: '2'", "version: '3'"));
    good(project.hale(&["run", "--from", DAYS[0], "--to", DAYS[1], "--rescore"]));
    assert_eq!(asked(&project, "SELECT DISTINCT version FROM drafts.health_next"), ["3"]);
    good(project.hale(&["erase", "it's", "--why", "asked for"]));
    assert_eq!(asked(&project, "SELECT count(*) FROM drafts.health_next WHERE account_id = 'it''s'"), ["0"]);
    good(project.hale(&["verify"]));
}

#[test]
fn a_draft_is_never_the_main_score() {
    let project = with_draft();
    std::fs::remove_file(project.path("sql/scores/health.yml")).unwrap();
    project.write("sql/scores/other.yml", HEALTH);
    project.write(
        "sql/scores/health.yml",
        "title: Draft\nversion: '1'\nstatus: draft\ncomponents: [amount]\ntiers: [{name: all}]\n",
    );
    std::fs::remove_file(project.path("sql/scores/health_next.yml")).unwrap();
    std::fs::remove_file(project.path("sql/components/tried.yml")).unwrap();
    run(&project, DAYS[0], DAYS[0]);
    assert!(asked(&project, "SELECT DISTINCT tier FROM scores.main ORDER BY tier") != ["all"]);
    project.write("hale.yml", &format!("{}main_score: health\n", crate::cli::SETTINGS));
    let said = err(&project.hale(&["check"]));
    assert!(said.contains("there is no score `health`"), "{said}");
}

#[test]
fn whether_it_is_a_draft_is_no_part_of_what_a_definition_means() {
    let (draft, published) = (with_draft(), with_draft());
    let next = NEXT;
    let components = format!("{COMPONENTS}{}", DOUBLE.replace("  status: draft\n", ""));
    published.write("sql/components/all.yml", &components);
    std::fs::remove_file(published.path("sql/components/tried.yml")).unwrap();
    std::fs::remove_file(published.path("sql/scores/health_next.yml")).unwrap();
    published.write("sql/scores/health.yml", PROMOTED);
    for project in [&draft, &published] {
        run(project, DAYS[0], DAYS[1]);
    }
    let of = |project, table: &str| {
        let columns = "account_id, as_of_date, score, tier, raw_score, coverage, definition, version, rank, percentile, scorecard, override_id";
        asked(project, &format!("SELECT {columns} FROM {table} ORDER BY account_id, as_of_date"))
    };
    let rows = of(&draft, "drafts.health_next");
    assert!(rows.len() == 15 && rows.iter().any(|row| row.contains("o1")), "{rows:?}");
    assert_eq!(rows, of(&published, "scores.health"));
    // Of another score it would be another definition.
    draft.write(
        "sql/scores/health_next.yml",
        &next
            .replace("replaces: health\n", "")
            .replace("challenge:\n  share: 0.5\n  salt: 2026-q4 # any\n", ""),
    );
    run(&draft, DAYS[0], DAYS[0]);
    let definition = |project, table: &str| {
        asked(
            project,
            &format!("SELECT DISTINCT definition FROM {table} WHERE as_of_date = DATE '2026-01-01'"),
        )
    };
    assert_ne!(definition(&draft, "drafts.health_next"), definition(&published, "scores.health"));
}
