//! `hale compile` on the bundled project: DuckDB runs what it writes, unchanged, to what hale published.

use std::process::Command;

use crate::python;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

const COMPARE: &str = r#"
import glob, sys
import duckdb
out, compiled = sys.argv[1:]
db = duckdb.connect()
db.execute("CREATE SCHEMA metrics")
for table in glob.glob(f"{out}/metrics/*"):
    name = table.rsplit("/", 1)[1]
    db.execute(f"CREATE TABLE metrics.{name} AS SELECT * FROM read_parquet('{table}/**/*.parquet', hive_partitioning = false)")
compared = 0
for path in glob.glob(f"{compiled}/scores/*.sql") + glob.glob(f"{compiled}/components/*.sql"):
    layer, name = path.removesuffix(".sql").rsplit("/", 2)[1:]
    if name == "main": continue  # a view over one of the others
    query = open(path).read().split(") PARTITIONED BY (as_of_date) AS\n", 1)[1]
    db.execute(f"CREATE OR REPLACE TEMP TABLE theirs AS {query}")
    db.execute(f"CREATE OR REPLACE TEMP TABLE ours AS SELECT * FROM read_parquet('{out}/{layer}/{name}/**/*.parquet', hive_partitioning = false)")
    for one, other in (("ours", "theirs"), ("theirs", "ours")):
        differing = db.execute(f"SELECT count(*) FROM (FROM {one} EXCEPT ALL FROM {other})").fetchone()[0]
        if differing: print(f"{layer}.{name}: {differing} rows of {one} are not among {other}")
    compared += db.execute("SELECT count(*) FROM ours").fetchone()[0]
print("compared", compared)
"#;

#[test]
fn duckdb_runs_the_compiled_scores_of_the_bundled_project_to_what_is_published() {
    if python::or_skip(python::has(&["duckdb"])).is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (out, compiled) = (folder.path().join("out"), folder.path().join("compiled"));
    let hale = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_hale")).current_dir(ROOT).args(arguments).output();
        let output = output.expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let place = out.to_str().expect("UTF-8");
    hale(&["run", "--from", "2026-09-24", "--to", "2026-09-30", "--out", place]);
    hale(&["compile", "--out", compiled.to_str().expect("UTF-8")]);
    let output = Command::new(python::interpreter())
        .args(["-c", COMPARE])
        .args([&out, &compiled])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    let rows: usize =
        said.trim().strip_prefix("compared ").unwrap_or_else(|| panic!("{said}")).parse().expect("a number");
    assert!(rows > 1000, "{rows} rows are too few to mean something");
}
