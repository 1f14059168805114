//! `hale init`, `hale test` and `hale generate`.

use std::path::Path;

use super::{Project, code, err, files_below, good, hale, one_line, out};
use crate::oracle::table::{Value, batches, parquet_below, rows};

#[test]
fn init_makes_a_project_that_passes_its_check_and_overwrites_nothing() {
    let here = tempfile::tempdir().unwrap();
    let said = good(hale(here.path(), &["init", "acme"]));
    assert!(said.contains("cd acme") && said.contains("hale run --as-of 2026-09-30"), "{said}");
    let project = here.path().join("acme");
    good(hale(&project, &["check"]));

    let output = hale(here.path(), &["init", "acme"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("acme is not empty"), "{}", err(&output));
    std::fs::write(project.join("hale.yml"), "mine").unwrap();
    std::fs::remove_file(project.join("sql/staging/events.sql")).unwrap();
    good(hale(here.path(), &["init", "acme", "--force"]));
    assert_eq!(std::fs::read_to_string(project.join("hale.yml")).unwrap(), "mine");
    assert!(project.join("sql/staging/events.sql").is_file());
}

#[test]
fn the_project_that_init_makes_is_the_one_of_this_repository() {
    let here = tempfile::tempdir().unwrap();
    good(hale(here.path(), &["init"]));
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["sql", "data"] {
        assert_eq!(
            files_below(&here.path().join(folder)),
            files_below(&repository.join(folder)),
            "{folder}/"
        );
    }
}

const CASE: &str = "description: Amounts are summed by day.\ngiven:\n  staging.events:\n    - {account_id: a, day: 2026-01-01, n: 1}\n    \
    - {account_id: a, day: 2026-01-01, n: 2}\nexpect:\n  - {account_id: a, as_of_date: 2026-01-01, n: 3}\n";

#[test]
fn test_runs_cases_and_names_models_without_one() {
    let project = Project::sound();
    project.write("sql/tests/metrics.accounts/sums.yml", CASE);
    let said = good(project.hale(&["test", "--allow-untested"]));
    assert!(
        said.contains("ok     metrics.accounts/sums") && said.ends_with("1 passed, 0 failed\n"),
        "{said}"
    );
    let output = project.hale(&["test"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("`staging.events` has no test"), "{}", err(&output));

    project.write("sql/tests/metrics.accounts/sums.yml", &CASE.replace("n: 3", "n: 4"));
    let output = project.hale(&["test", "metrics", "--json"]);
    let result = one_line(&out(&output));
    assert_eq!((code(&output), &result["failed"], &result["ok"]), (1, &1.into(), &false.into()));
    assert!(err(&output).contains("sql/tests/metrics.accounts/sums.yml"), "{}", err(&output));

    project.write("sql/metrics/other.sql", "SELECT nn FROM staging.events\n");
    let result = one_line(&out(&project.hale(&["test", "--json"])));
    assert_eq!((&result["ok"], &result["exit_code"]), (&false.into(), &1.into()), "{result}");
}

#[test]
fn generate_gives_the_same_bytes_for_the_same_words() {
    let here = tempfile::tempdir().unwrap();
    let words = |out| {
        ["generate", "--out", out, "--accounts", "40", "--days", "40", "--events", "2000", "--seed", "3"]
    };
    good(hale(here.path(), &words("one")));
    let said =
        one_line(&good(hale(here.path(), &[&words("two")[..], &["--threads", "1", "--json"]].concat())));
    assert!(said["events"].as_u64().unwrap() > 1000 && said["accounts"] == 40, "{said}");
    let files = files_below(&here.path().join("one"));
    assert_eq!(files, files_below(&here.path().join("two")));
    for file in files {
        let read = |folder: &str| std::fs::read(here.path().join(folder).join(&file)).unwrap();
        assert!(read("one") == read("two"), "{file}");
    }
    assert_eq!(code(&hale(here.path(), &["generate", "--out", "x", "--accounts", "0"])), 2);
    assert_eq!(code(&hale(here.path(), &["generate", "--out", "x", "--sample", "--seed", "2"])), 2);
}

#[test]
fn generate_gives_ids_the_look_that_is_asked_for() {
    let here = tempfile::tempdir().unwrap();
    let ids = |look: &[&str]| -> Vec<Value> {
        let words = ["generate", "--out", "sources", "--accounts", "12", "--days", "20", "--events", "300"];
        let folder = here.path().join(format!("ids {}", look.concat()));
        std::fs::create_dir(&folder).unwrap();
        good(hale(&folder, &[&words[..], look].concat()));
        let files = parquet_below(&folder.join("sources/events"));
        let all = files.iter().flat_map(|file| batches(file)).flat_map(|batch| rows(&batch));
        all.flat_map(|row| ["event_id", "account_id"].map(|column| row[column].clone())).collect()
    };
    let is_uuid =
        |id: &Value| matches!(id, Value::Text(id) if id.len() == 36 && id.matches('-').count() == 4);
    let short = ids(&["--ids", "short"]);
    assert!(short.len() > 300 && !short.iter().any(is_uuid), "{:?}", &short[..4]);
    assert_eq!(ids(&[]), short, "what they are unless said");
    let long = ids(&["--ids", "uuid"]);
    assert!(long.len() == short.len() && long.iter().all(is_uuid), "{:?}", &long[..4]);
    assert_eq!(code(&hale(here.path(), &["generate", "--out", "x", "--ids", "long"])), 2);
}
