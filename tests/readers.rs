//! What hale publishes, read by the tools that people read Parquet with: DuckDB, Polars and pandas themselves, by
//! folder and by file, must see the same columns, types and rows in every table.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::python;

const SCRIPT: &str = include_str!("python/readers.py");

/// Every type that a contract may declare, with nulls, zeros and ends.
const KINDS: &str = "-- Every type.
CREATE TABLE marts.kinds (
  account_id VARCHAR NOT NULL PRIMARY KEY, whole INT, small SMALLINT, big BIGINT, exact DECIMAL(20, 4), rough DOUBLE,
  known BOOLEAN, at TIMESTAMP, at_zone TIMESTAMP WITH TIME ZONE, day DATE, words VARCHAR, nothing VARCHAR
) AS
SELECT
  account_id,
  CAST(2147483647 AS INT) AS whole,
  CAST(-32768 AS SMALLINT) AS small,
  CASE WHEN segment = 'SMB' THEN CAST(9007199254740993 AS BIGINT) END AS big,
  CASE WHEN segment <> 'SMB' THEN CAST('1234567890123456.7891' AS DECIMAL(20, 4)) ELSE CAST(0 AS DECIMAL(20, 4)) END AS exact,
  CASE WHEN segment = 'MM' THEN NULL ELSE 0.1 END AS rough,
  CASE WHEN segment = 'ENT' THEN NULL ELSE segment = 'SMB' END AS known,
  CASE WHEN segment = 'MM' THEN TIMESTAMP '1969-12-31 23:59:59.999999' ELSE TIMESTAMP '2026-03-29 02:30:00' END AS at,
  CAST('2026-03-29T02:30:00+02:00' AS TIMESTAMP WITH TIME ZONE) AS at_zone,
  CASE WHEN segment = 'SMB' THEN customer_since END AS day,
  'tab' || chr(9) || 'quote \" '' emoji 🦀 line' || chr(10) AS words,
  CAST(NULL AS VARCHAR) AS nothing
FROM staging.accounts
WHERE day_after IS NULL
";

const EMPTY: &str = "-- No rows.
CREATE TABLE marts.nothing (account_id VARCHAR NOT NULL PRIMARY KEY, amount DECIMAL(10, 2), day DATE) AS
SELECT account_id, CAST(1 AS DECIMAL(10, 2)) AS amount, customer_since AS day FROM staging.accounts WHERE account_id IS NULL
";

/// The bundled project with two more tables, published for three days; and what the run said of it.
fn published(folder: &Path) -> Value {
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sql"), &folder.join("sql"));
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data"), &folder.join("data"));
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("hale.yml"), folder.join("hale.yml")).unwrap();
    fs::write(folder.join("sql/marts/kinds.sql"), KINDS).unwrap();
    fs::write(folder.join("sql/marts/nothing.sql"), EMPTY).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_hale"))
        .args(["run", "--json", "--from", "2026-09-28", "--to", "2026-09-30"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        if path.is_dir() {
            self::copy(&path, &copy);
        } else {
            fs::copy(&path, &copy).unwrap();
        }
    }
}

/// The tables below `out/` as `layer.table=folder`, and the files of `latest/` as `latest/file=path`.
fn tables(out: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for layer in entries(out).into_iter().filter(|layer| !name(layer).starts_with('_')) {
        for table in entries(&layer) {
            let separator = if name(&layer) == "latest" { "/" } else { "." };
            found.insert(format!("{}{separator}{}", name(&layer), name(&table)), table);
        }
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn duckdb_polars_and_pandas_see_the_same_in_every_published_table() {
    if python::or_skip(python::has(&["duckdb", "pandas", "polars", "pyarrow"])).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = published(folder.path());
    let tables = tables(&folder.path().join("out"));
    let arguments: Vec<String> =
        tables.iter().map(|(name, path)| format!("{name}={}", path.display())).collect();
    let told = python::run(SCRIPT, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let told: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_str(&told).unwrap();

    for (table, tools) in &told {
        for (tool, seen) in tools {
            assert_eq!(*seen, tools["duckdb"], "{table}: {tool} and duckdb");
        }
    }
    let rows = run["rows"].as_object().unwrap();
    for (table, expected) in rows {
        assert_eq!(told[table]["duckdb"]["rows"], *expected, "{table}");
    }
    let by_folder = told.keys().filter(|table| !table.starts_with("latest/"));
    assert!(by_folder.eq(rows.keys()), "{:?} were published, {:?} were read", rows.keys(), told.keys());
    the_latest_file_is_the_last_day(&told);
    every_type_is_read_as_declared(&told["marts.kinds"]["duckdb"], &told["marts.nothing"]["duckdb"]);
}

fn the_latest_file_is_the_last_day(told: &BTreeMap<String, BTreeMap<String, Value>>) {
    let by_day: Vec<&String> =
        told.keys().filter(|table| told[*table]["duckdb"]["columns"].get("as_of").is_some()).collect();
    let latest: Vec<String> = told
        .keys()
        .filter_map(|table| table.strip_prefix("latest/")?.strip_suffix(".parquet").map(str::to_owned))
        .collect();
    assert_eq!(by_day.iter().map(|table| (*table).clone()).collect::<Vec<_>>(), latest);
    assert!(latest.contains(&"metrics.accounts".to_owned()) && latest.contains(&"scores.health".to_owned()));
    for table in by_day {
        let (latest, whole) = (&told[&format!("latest/{table}.parquet")]["duckdb"], &told[table]["duckdb"]);
        let mut columns = whole["columns"].clone();
        columns.as_object_mut().unwrap().remove("as_of");
        assert_eq!(latest["columns"], columns, "{table}");
        let (latest, whole) = (latest["rows"].as_u64().unwrap(), whole["rows"].as_u64().unwrap());
        // What became of accounts is told of days long before, of which nothing is published here.
        if table == "marts.outcomes_by_tier" {
            continue;
        }
        assert!(latest > 0 && latest * 2 < whole, "{table}: {latest} of {whole} rows are of the last day");
    }
}

fn every_type_is_read_as_declared(kinds: &Value, nothing: &Value) {
    assert_eq!(
        kinds["columns"],
        json!({
            "account_id": "text", "whole": "int32", "small": "int32", "big": "int64", "exact": "decimal(20, 4)",
            "rough": "double", "known": "boolean", "at": "instant", "at_zone": "instant", "day": "date",
            "words": "text", "nothing": "text",
        })
    );
    assert_eq!(
        nothing["columns"],
        json!({ "account_id": "text", "amount": "decimal(10, 2)", "day": "date" })
    );
    assert_eq!(nothing["rows"], 0);
}
