//! What holds of every mart of the bundled project, whatever its score: names of tiers are but names.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;

use crate::oracle::project_with;
use crate::oracle::table::{Row, batches, parquet_below, rows};
use crate::pipeline::Run;

const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 9, 30).unwrap();

fn data() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The rows of every published table below a folder, by table.
fn tables(out: &Path, layer: &str) -> BTreeMap<String, Vec<Row>> {
    let folders = std::fs::read_dir(out.join(layer)).unwrap().map(|entry| entry.unwrap().path());
    let of_table = |folder: std::path::PathBuf| {
        let files = parquet_below(&folder);
        let all = files.iter().flat_map(|file| batches(file)).flat_map(|batch| rows(&batch)).collect();
        (folder.file_name().unwrap().to_str().unwrap().to_owned(), all)
    };
    folders.map(of_table).collect()
}

/// What the marts of a project say, the names of tiers apart: rows in an order of their own, which names must not decide.
fn said(project: &Path) -> BTreeMap<String, Vec<String>> {
    let out = tempfile::tempdir().unwrap();
    let run = Run::new(project, &data(), out.path()).select(&["marts"]);
    run.publish(LAST_DAY..=LAST_DAY).unwrap_or_else(|error| panic!("{error}"));
    let mut said = BTreeMap::new();
    for (table, rows) in tables(out.path(), "marts") {
        let mut lines: Vec<String> = rows
            .into_iter()
            .map(|mut row| {
                row.retain(|column, _| !["tier", "from_tier", "to_tier"].contains(&column.as_str()));
                format!("{row:?}")
            })
            .collect();
        lines.sort();
        assert!(!lines.is_empty(), "marts.{table} is empty: it shows nothing");
        said.insert(table, lines);
    }
    said
}

#[test]
fn names_of_tiers_change_no_number_of_any_mart() {
    let file = "sql/scores/health.yml";
    let bundled = project_with(&[]);
    // Names that would sort otherwise, and that marts use for something else.
    let renames = [
        ("name: at-risk,", "name: zz,"),
        ("name: struggling,", "name: new,"),
        ("name: steady,", "name: gone,"),
        ("name: healthy,", "name: 'it''s \"so-so\"',"),
        ("name: champion,", "name: all,"),
    ];
    let edits: Vec<(&str, &str, &str)> = renames.iter().map(|(from, to)| (file, *from, *to)).collect();
    let renamed = project_with(&edits);
    let [before, after] = [&bundled, &renamed].map(|project| said(project.path()));
    assert!(before.keys().eq(after.keys()));
    for (table, lines) in &before {
        assert_eq!(lines, &after[table], "marts.{table}");
    }
}

#[test]
fn no_score_and_no_tier_is_named_in_a_mart() {
    let compared = ["tier =", "tier <>", "tier IN", "tier NOT", "tier LIKE", "tier !="];
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/marts")).unwrap() {
        let path = entry.unwrap().path();
        let sql = std::fs::read_to_string(&path).unwrap();
        let sql = sql.replace("used.tier = sizes.tier", "");
        for words in ["scores.health", "components.health"].iter().chain(&compared) {
            assert!(!sql.contains(words), "{} has `{words}`", path.display());
        }
    }
}
