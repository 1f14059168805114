//! `hale compile` over drawn sources of each kind: DuckDB runs the SQL of their dated relations to the same rows.

use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

use super::definition::{events, facts, loads, rows_of, shape, snapshots};
use super::many::current;
use super::world::{Declared, Row, World, row};
use crate::python;

/// Worlds of each kind, each in one zone or the other.
const CASES: usize = 24;

/// West and east of UTC, where days begin and end elsewhere.
const ZONES: [&str; 2] = ["America/New_York", "Asia/Kolkata"];

/// Runs the compiled relation of each world, and prints its rows, a line for each world.
const RUN: &str = r#"
import datetime, json, sys
import duckdb
first = datetime.date(2026, 1, 1)
for root, columns in json.load(open(sys.argv[1])):
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'; CREATE SCHEMA raw; CREATE SCHEMA dated")
    db.execute(f"CREATE VIEW raw.x AS FROM read_parquet('{root}/data/x/*.parquet')")
    sql = open(f"{root}/compiled/dated/x.sql").read()
    for line in sql.splitlines():
        if line.startswith("-- CREATE MACRO"): db.execute(line.removeprefix("-- "))
    db.execute(sql)
    rows = db.execute(f"SELECT id, v, {', '.join(columns)} FROM dated.x").fetchall()
    days = lambda day: None if day is None else (day - first).days
    print(json.dumps(sorted(([id, v, *map(days, dates)] for id, v, *dates in rows), key=str)))
"#;

#[test]
fn duckdb_runs_the_compiled_relation_of_each_kind_to_the_same_rows() {
    if python::or_skip(python::has(&["duckdb"])).is_none() {
        return;
    }
    let worlds = drawn();
    let folder = TempDir::new().unwrap();
    let list = folder.path().join("worlds.json");
    let named: Vec<_> = worlds.iter().map(|(world, days)| (world.root(), days)).collect();
    std::fs::write(&list, serde_json::to_string(&named).unwrap()).unwrap();
    let said = python::run(RUN, &[list.to_str().unwrap()]);
    let found: Vec<&str> = said.lines().collect();
    assert_eq!(found.len(), worlds.len());
    for ((world, days), found) in worlds.iter().zip(found) {
        let lines = world.lines(days, None);
        let mut ours: Vec<serde_json::Value> = lines
            .iter()
            .map(|line| {
                let days = line.days.iter().map(|day| serde_json::json!(day));
                [serde_json::json!(line.id), serde_json::json!(line.v)].into_iter().chain(days).collect()
            })
            .collect();
        let mut theirs: Vec<serde_json::Value> = serde_json::from_str(found).unwrap();
        for rows in [&mut ours, &mut theirs] {
            rows.sort_by_key(ToString::to_string);
        }
        assert_eq!(ours, theirs, "{}", std::fs::read_to_string(world.root().join("sql/raw/x.sql")).unwrap());
    }
}

/// Worlds of all kinds, compiled, with the days that their relations have.
fn drawn() -> Vec<(World, &'static [&'static str])> {
    const SPAN: &[&str] = &["first_day", "day_after"];
    let mut runner = TestRunner::deterministic();
    let mut worlds = Vec::new();
    for zone in ZONES.into_iter().cycle().take(CASES) {
        let mut add = |declared: &Declared, rows: Vec<Row>, days: &'static [&'static str]| {
            worlds.push((compiled(World::new(declared, &[rows]).in_zone(zone)), days));
        };
        add(&events(), draw(&mut runner, facts()), &["day"]);
        let shape = draw(&mut runner, shape());
        let rows = shape.seen(&draw(&mut runner, prop::collection::vec(row(), 1..9)));
        add(&shape.declared(), rows, SPAN);
        add(&snapshots(), rows_of(&draw(&mut runner, loads())), SPAN);
        add(&current(), draw(&mut runner, prop::collection::vec(row(), 1..9)), SPAN);
    }
    worlds
}

fn draw<T>(runner: &mut TestRunner, strategy: impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).unwrap().current()
}

fn compiled(world: World) -> World {
    let output = Command::new(env!("CARGO_BIN_EXE_hale"))
        .current_dir(world.root())
        .args(["compile", "--out", "compiled"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world
}
