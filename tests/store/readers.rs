//! The tools of analysts read a published table by its folder: DuckDB, Polars and pandas themselves.

use std::collections::BTreeMap;

use super::{days, local, publish_usage, usage_rows};
use crate::python;

/// Reads the folder with each tool in the way its own documentation shows first, and prints what each has seen.
const SCRIPT: &str = r#"
import sys, json, duckdb, pandas, polars
folder, latest = sys.argv[1:]
def told(tool, rows, seconds, accounts, days, kinds):
    print(json.dumps({"tool": tool, "rows": int(rows), "seconds": int(seconds), "accounts": sorted(accounts),
                      "days": sorted(str(day)[:10] for day in days), "kinds": kinds}))
relation = duckdb.sql(f"SELECT * FROM '{folder}/**/*.parquet'")
rows, seconds, accounts, days = duckdb.sql(
    "SELECT count(*), sum(seconds), list(DISTINCT account_id), list(DISTINCT as_of_date) FROM relation").fetchall()[0]
told("duckdb", rows, seconds, accounts, days, [str(kind) for kind in relation.types[:4]])
frame = polars.read_parquet(folder)
told("polars", frame.height, frame["seconds"].sum(), frame["account_id"].unique(), frame["as_of_date"].unique(),
     [str(kind) for kind in frame.dtypes[:4]])
frame = pandas.read_parquet(folder)
told("pandas", len(frame), frame["seconds"].sum(), frame["account_id"].unique(), frame["as_of_date"].unique(),
     [str(kind) for kind in frame.dtypes[["account_id", "as_of_date", "seconds", "share"]]])
frame = pandas.read_parquet(latest)
told("latest", len(frame), frame["seconds"].sum(), frame["account_id"].unique(), frame["as_of_date"].unique(), [])
"#;

#[tokio::test]
async fn analysts_tools_read_a_table_by_its_folder() {
    if python::or_skip(python::has(&["duckdb", "pandas", "polars", "pyarrow"])).is_none() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let rows = usage_rows(days(0, 2), 5);
    publish_usage(&local(out.path()), &rows, days(0, 2)).await;
    let folder = out.path().join("metrics/usage");
    let latest = out.path().join("latest/metrics.usage.parquet");
    let told = python::run(SCRIPT, &[folder.to_str().unwrap(), latest.to_str().unwrap()]);
    let told: BTreeMap<_, serde_json::Value> = told
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|told| (told["tool"].as_str().unwrap().to_owned(), told))
        .collect();
    let seconds = |rows: &[super::Row]| rows.iter().map(|row| row.seconds.unwrap()).sum::<i64>();
    let accounts = serde_json::json!(["acme", "it's; \"q\"/..", "zoë\n"]);
    for tool in ["duckdb", "polars", "pandas"] {
        let told = &told[tool];
        assert_eq!(told["rows"], 9, "{tool}");
        assert_eq!(told["seconds"], seconds(&rows), "{tool}");
        assert_eq!(told["accounts"], accounts, "{tool}");
        assert_eq!(told["days"], serde_json::json!(["2026-08-30", "2026-08-31", "2026-09-01"]), "{tool}");
    }
    assert_eq!(told["duckdb"]["kinds"], serde_json::json!(["VARCHAR", "DATE", "BIGINT", "DOUBLE"]));
    assert_eq!(told["polars"]["kinds"], serde_json::json!(["String", "Date", "Int64", "Float64"]));
    assert_eq!(told["pandas"]["kinds"], serde_json::json!(["str", "object", "int64", "float64"]));
    assert_eq!(told["latest"]["seconds"], seconds(&rows[6..]));
    assert_eq!(told["latest"]["days"], serde_json::json!(["2026-09-01"]));
}
