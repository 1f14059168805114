//! `hale ls` and `hale compile`: the models of a project, and their SQL.

use serde_json::Value;

use super::{Project, STAGED, code, files_below, good};

#[test]
fn ls_shows_models_and_lineage() {
    let project = Project::sound();
    std::fs::remove_file(project.path("data/events.parquet")).unwrap(); // no data is touched
    let table = good(project.hale(&["ls"]));
    assert!(table.contains("metrics.accounts") && table.contains("account_id, as_of_date"), "{table}");
    let all: Value = serde_json::from_str(&good(project.hale(&["ls", "--format", "json"]))).unwrap();
    let names: Vec<&str> =
        all["models"].as_array().unwrap().iter().map(|model| model["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["raw.events", "dated.events", "staging.events", "metrics.accounts"]);
    assert_eq!(all["models"][3]["reads"], serde_json::json!(["staging.events"]));
    let lineage: Value =
        serde_json::from_str(&good(project.hale(&["ls", "--json", "--lineage", "staging.events"]))).unwrap();
    assert_eq!(
        lineage["lineage"],
        serde_json::json!({ "of": "staging.events", "upstream": ["raw.events", "dated.events"], "downstream": ["metrics.accounts"] })
    );
    assert!(
        good(project.hale(&["ls", "--format", "dot"]))
            .contains("\"staging.events\" -> \"metrics.accounts\";")
    );
    assert!(
        good(project.hale(&["ls", "--format", "mermaid"])).contains("staging__events --> metrics__accounts")
    );
}

#[test]
fn compile_writes_the_sql_of_every_layer_and_removes_only_its_own() {
    let project = Project::sound();
    project
        .write("sql/metrics/other.sql", "-- Other.\nSELECT account_id FROM staging.events -- all of them;\n");
    good(project.hale(&["compile", "--out", "compiled"]));
    let folder = project.path("compiled");
    let files = [
        "all.sql",
        "dated/events.sql",
        "metrics/accounts.sql",
        "metrics/other.sql",
        "raw/events.sql",
        "staging/events.sql",
    ];
    assert_eq!(files_below(&folder), files);
    let text = std::fs::read_to_string(folder.join("staging/events.sql")).unwrap();
    assert!(text.ends_with(STAGED) && text.starts_with("-- Written by `hale compile`"), "{text}");
    let all = std::fs::read_to_string(folder.join("all.sql")).unwrap();
    assert!(all.contains("-- all of them;\n;\n"), "{all}");

    std::fs::remove_file(project.path("sql/metrics/other.sql")).unwrap();
    project.write("compiled/metrics/mine.sql", "SELECT 1");
    let said = good(project.hale(&["compile", "--out", "compiled"]));
    assert!(said.contains("1 stale ones removed"), "{said}");
    let left = files.map(|file| file.replace("other", "mine"));
    assert_eq!(files_below(&folder), left);

    let output = project.hale(&["compile", "--out", "sql"]);
    assert_eq!(code(&output), 2, "the project's own files are not its output");
    assert_eq!(std::fs::read_to_string(project.path("sql/staging/events.sql")).unwrap(), STAGED);
}

#[cfg(unix)]
#[test]
fn compile_does_not_follow_a_link_out_of_its_folder() {
    let project = Project::sound();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::create_dir(project.path("compiled")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), project.path("compiled/metrics")).unwrap();
    assert_eq!(code(&project.hale(&["compile", "--out", "compiled"])), 2);
    assert_eq!(files_below(elsewhere.path()), Vec::<String>::new());
}
