//! How calls end: exit codes, what is said on stderr, where problems are.

use serde_json::Value;

use super::{Project, by_day, code, command, err, good, hale, one_line, out};

#[test]
fn a_wrong_call_ends_with_2_and_one_clear_message() {
    let project = Project::sound();
    for (arguments, said) in [
        (vec!["run", "--as-of", "yesterday"], "YYYY-MM-DD"),
        (vec!["run", "--as-of", "2026-02-30"], "YYYY-MM-DD"),
        (
            vec!["run", "--from", "2026-01-02", "--to", "2026-01-01"],
            "--from 2026-01-02 is after --to 2026-01-01",
        ),
        (vec!["run", "--from", "2026-01-02"], "--to"),
        (vec!["run"], "--as-of"),
        (vec!["run", "--as-of", "2025-12-31"], "history_starts"),
        (vec!["check", "--project", "nowhere"], "--project nowhere: there is no hale.yml in it"),
        (vec!["check", "--threads", "0"], "--threads"),
        (vec!["check", "--memory-limit", "lots"], "512MB"),
        (vec!["show", "metrics.acounts"], "did you mean `metrics.accounts`?"),
        (vec!["show", "staging.events"], "hale query"),
        (vec!["ls", "--lineage", "metrics.acounts"], "did you mean `metrics.accounts`?"),
        (vec!["chekc"], "check"),
    ] {
        let output = project.hale(&arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", err(&output));
        assert!(err(&output).contains(said), "{arguments:?}: {}", err(&output));
        assert!(out(&output).is_empty(), "{arguments:?}: {}", out(&output));
    }
    assert_eq!(project.published(), Vec::<String>::new());
}

#[test]
fn asked_for_json_a_wrong_call_answers_in_json() {
    let project = Project::sound();
    for arguments in [vec!["run", "--json", "--as-of", "never"], vec!["show", "nothing", "--json"]] {
        let output = project.hale(&arguments);
        let result = one_line(&out(&output));
        assert_eq!((code(&output), &result["exit_code"]), (2, &2.into()), "{result}");
    }
}

#[test]
fn outside_a_project_the_way_into_one_is_shown() {
    let here = tempfile::tempdir().unwrap();
    let output = hale(here.path(), &["check"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("hale init"), "{}", err(&output));
}

#[test]
fn a_project_is_found_from_a_folder_within_it() {
    let project = Project::sound();
    good(hale(&project.path("sql/metrics"), &["check"]));
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = project.0.path().to_str().unwrap();
    good(hale(elsewhere.path(), &["check", "--project", folder]));
    good(command(elsewhere.path(), &["check"]).env("HALE_PROJECT", folder).output().unwrap());
}

#[test]
fn all_problems_come_at_once_with_file_line_and_column() {
    let project = Project::of(&[
        (
            "sql/metrics/accounts.sql",
            &by_day("n BIGINT", "SELECT account_id, day AS as_of_date,\n  nn AS n FROM staging.events"),
        ),
        ("sql/metrics/other.sql", "-- Other.\nSELECT now() AS at FROM staging.events\n"),
    ]);
    let output = project.hale(&["check"]);
    assert_eq!(code(&output), 1);
    let drawn = err(&output);
    for part in ["sql/metrics/accounts.sql:9:3", "sql/metrics/other.sql:2:8", "error: 2 problems"] {
        assert!(drawn.contains(part), "{drawn}");
    }
    assert!(!drawn.contains('\u{1b}'), "no colours where nobody looks: {drawn}");
    assert!(err(&project.hale(&["check", "--color", "always"])).contains('\u{1b}'));

    let output = project.hale(&["check", "--json"]);
    assert_eq!(code(&output), 1);
    let result = one_line(&out(&output));
    assert_eq!((&result["ok"], &result["exit_code"]), (&Value::from(false), &Value::from(1)));
    assert_eq!(result["diagnostics"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&result["diagnostics"][0]["line"], &result["diagnostics"][0]["column"]),
        (&9.into(), &3.into())
    );
}

#[test]
fn a_sound_project_is_counted() {
    let project = Project::sound();
    let said = good(project.hale(&["check"]));
    assert!(said.starts_with("ok: 3 models, 1 sources, 0 scores, 0 warnings in "), "{said}");
    let result = one_line(&good(project.hale(&["check", "--json", "--no-sources"])));
    assert_eq!((&result["ok"], &result["models"]), (&Value::from(true), &Value::from(3)));
}

#[test]
fn missing_files_are_found_by_check_unless_it_shall_not_look() {
    let project = Project::sound();
    std::fs::remove_file(project.path("data/events.parquet")).unwrap();
    let output = project.hale(&["check"]);
    assert_eq!(code(&output), 75);
    assert!(err(&output).contains("raw.events has no Parquet"), "{}", err(&output));
    good(project.hale(&["check", "--no-sources"]));
}

#[test]
fn every_line_of_a_json_log_is_an_object() {
    let sound = Project::sound();
    let broken = Project::of(&[("sql/metrics/other.sql", "SELECT nn FROM staging.events\n")]);
    for (output, events) in [
        (
            sound.hale(&["run", "--as-of", "2026-01-02", "--log", "json"]),
            vec!["begun", "built", "published", "finished"],
        ),
        (broken.hale(&["check", "--log", "json"]), vec!["diagnostic", "failed"]),
        (sound.hale(&["run", "--log", "json", "--as-of", "never"]), vec!["failed"]),
        (sound.hale(&["check", "--log=json", "--project", "nowhere"]), vec!["failed"]),
    ] {
        let lines: Vec<Value> =
            err(&output).lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        assert!(lines.iter().all(|line| line["ts"].is_string() && line["level"].is_string()), "{lines:?}");
        let seen: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
        assert!(events.iter().all(|event| seen.contains(event)), "{seen:?}");
    }
}
