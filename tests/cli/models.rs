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

/// A source, its options, and what is said of its lag: in a line, and in the columns of JSON.
const LAGS: [(&str, &str, &str, [&str; 4]); 5] = [
    (
        "'kind' 'events', 'key' 'id', 'happened_at' 'day', 'known_at' 'known', 'max_delay' '10 days', 'usage' 'true', 'stale_after' '1 day'",
        "rows 10 d, loads 1 d, by files",
        "another delivery of a row is looked for 10 days back; loads may lag 1 day behind, and known tells how far they reach",
        ["10", "null", "1", "[\"known\"]"],
    ),
    (
        "'kind' 'events', 'happened_at' 'day', 'known_after' '2 days'",
        "known 2 d, loads 5 d",
        "rows are known 2 days later; loads may lag 5 days behind, and nothing tells how far they reach",
        ["null", "2", "5", "[]"],
    ),
    (
        "'kind' 'versions', 'key' 'id', 'known_at' 'known'",
        "loads 5 d",
        "loads may lag 5 days behind, and nothing tells how far they reach",
        ["null", "null", "5", "[]"],
    ),
    (
        "'kind' 'current', 'key' 'id', 'optional' 'true'",
        "loads 5 d",
        "loads may lag 5 days behind",
        ["null", "null", "5", "[]"],
    ),
    (
        "'kind' 'snapshots', 'key' 'id', 'taken_at' 'known', 'stale_after' '2 days'",
        "loads 2 d, by files",
        "loads may lag 2 days behind, and known tells how far they reach",
        ["null", "null", "2", "[\"known\"]"],
    ),
];

const LOADS: &str = "-- How far loads reach.\nCREATE EXTERNAL TABLE raw.source_status (source VARCHAR NOT NULL, -- of which\n  \
    loaded_through DATE, -- to which day\n  ok BOOLEAN, -- whether it went well\n  loaded_at TIMESTAMP NOT NULL -- when\n) \
    STORED AS PARQUET LOCATION 'loads.parquet' OPTIONS ('kind' 'events', 'happened_at' 'loaded_at', 'known_after' '0 days', 'optional' 'true')\n";

#[test]
fn the_lag_of_a_source_is_listed_and_stands_on_its_page() {
    let settings = format!("{}parameters: {{stale_after_days: 5}}\n", super::SETTINGS);
    for (options, short, means, [max_delay, known_after, may_lag, told_by]) in LAGS {
        let source = format!(
            "-- Things.\nCREATE EXTERNAL TABLE raw.things (id VARCHAR NOT NULL, -- which\n  day DATE NOT NULL, -- when\n  \
             known TIMESTAMP NOT NULL -- when it was known\n) STORED AS PARQUET LOCATION 'things.parquet' OPTIONS ({options})\n"
        );
        let project = Project::of(&[("hale.yml", &settings), ("sql/raw/things.sql", &source)]);
        let lag = || {
            let listed: Value = serde_json::from_str(&good(project.hale(&["ls", "--json"]))).unwrap();
            let mut models = listed["models"].as_array().unwrap().iter();
            models.find(|model| model["name"] == "raw.things").unwrap()["lag"].clone()
        };
        let told = lag();
        let of = |name: &str| told[name].to_string();
        assert_eq!(
            ["max_delay", "known_after", "may_lag", "told_by"].map(of),
            [max_delay, known_after, may_lag, told_by]
        );
        assert!(told["means"].as_str().unwrap().starts_with(means), "{told}");
        let table = good(project.hale(&["ls"]));
        let line = table.lines().find(|line| line.contains("raw.things")).unwrap();
        assert!(line.contains(&format!(" {short} ")), "{table}");
        let site = project.path("site").display().to_string();
        good(project.hale(&["docs", "--out", &site]));
        let page = std::fs::read_to_string(project.path("site/models/raw.things.html")).unwrap();
        assert!(page.contains(&format!("lag: {means}")), "{page}");
        // Loaders say how far loads reach, where they speak of the source.
        project.write("sql/raw/source_status.sql", LOADS);
        let told = lag();
        let by: Vec<&str> =
            told["told_by"].as_array().unwrap().iter().map(|by| by.as_str().unwrap()).collect();
        assert_eq!(by[0], "raw.source_status");
        assert_eq!(serde_json::to_string(&by[1..]).unwrap(), told_by);
        let table = good(project.hale(&["ls"]));
        let line = table.lines().find(|line| line.contains("raw.things")).unwrap();
        assert!(line.contains(", by status "), "{table}");
    }
}
