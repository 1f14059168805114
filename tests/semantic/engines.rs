//! The engines that run compiled SQL in these tests: DataFusion here, DuckDB in its Python package.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray};
use datafusion::common::{ScalarValue, TableReference};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::oracle::{METRICS, Row};

/// A row by its column names.
pub type Record = HashMap<String, ScalarValue>;

/// `metrics.accounts` of random rows.
pub fn table(rows: &[Row]) -> RecordBatch {
    let mut columns: Vec<(String, ArrayRef)> = vec![
        (
            "account_id".into(),
            Arc::new(rows.iter().map(|row| Some(row.account.as_str())).collect::<StringArray>()),
        ),
        ("as_of_date".into(), Arc::new(rows.iter().map(|row| Some(row.day)).collect::<Date32Array>())),
    ];
    for metric in 0..METRICS {
        let values: Float64Array = rows.iter().map(|row| row.metrics[metric]).collect();
        columns.push((format!("m{metric}"), Arc::new(values)));
    }
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

/// The rows of a query over `metrics.accounts`.
pub fn datafusion(accounts: &RecordBatch, query: &str) -> Result<Vec<Record>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let run = async {
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
        context.sql("CREATE SCHEMA metrics").await?;
        let table =
            datafusion::datasource::MemTable::try_new(accounts.schema(), vec![vec![accounts.clone()]])?;
        context.register_table(TableReference::partial("metrics", "accounts"), Arc::new(table))?;
        context.sql(query).await?.collect().await
    };
    let batches = runtime.block_on(run).map_err(|error| error.to_string())?;
    Ok(batches.iter().flat_map(records).collect())
}

/// The rows of a batch.
pub fn records(batch: &RecordBatch) -> Vec<Record> {
    let schema = batch.schema();
    let record = |row: usize| {
        let cell = |column: usize| ScalarValue::try_from_array(batch.column(column), row).expect("a scalar");
        schema.fields().iter().enumerate().map(|(at, field)| (field.name().clone(), cell(at))).collect()
    };
    (0..batch.num_rows()).map(record).collect()
}

/// A double of a record.
pub fn double(record: &Record, column: &str) -> Option<f64> {
    match &record[column] {
        ScalarValue::Float64(value) => *value,
        other => panic!("{column} is not a double: {other:?}"),
    }
}

/// A whole number of a record.
pub fn integer(record: &Record, column: &str) -> Option<i64> {
    match &record[column] {
        ScalarValue::Int64(value) => *value,
        ScalarValue::Int32(value) => value.map(i64::from),
        other => panic!("{column} is not an integer: {other:?}"),
    }
}

/// A text of a record.
pub fn text(record: &Record, column: &str) -> Option<String> {
    record[column].try_as_str().unwrap_or_else(|| panic!("{column} is not a text")).map(str::to_owned)
}

/// The cells of records as texts, doubles to the last bit, in an order of their own.
pub fn cells(records: &[Record], columns: &[&str]) -> Vec<Vec<String>> {
    let cell = |value: &ScalarValue| match value {
        value if value.is_null() => "null".to_owned(),
        ScalarValue::Float64(Some(value)) => format!("{:016x}", value.to_bits()),
        other => other.to_string(),
    };
    let mut rows: Vec<Vec<String>> =
        records.iter().map(|record| columns.iter().map(|column| cell(&record[*column])).collect()).collect();
    rows.sort();
    rows
}

const DUCKDB: &str = r#"
import datetime, json, struct, sys
import duckdb
folder = sys.argv[1]
def cell(value):
    if value is None: return "null"
    if isinstance(value, float): return struct.pack(">d", value).hex()
    return str(value)
answers = []
for case in json.load(open(folder + "/cases.json")):
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA metrics")
        db.execute("CREATE TABLE metrics.accounts AS SELECT * FROM read_parquet('" + folder + "/" + case["table"] + "')")
        result = db.execute(case["query"])
        names = [column[0] for column in result.description]
        answers.append({"columns": names, "rows": sorted([cell(v) for v in row] for row in result.fetchall())})
json.dump(answers, open(folder + "/answers.json", "w"))
"#;

/// What DuckDB answered to a query.
#[derive(serde::Deserialize)]
pub struct Answer {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// The answers of DuckDB to queries over tables, or `None` and a printed reason where there is no DuckDB.
pub fn duckdb(cases: &[(RecordBatch, String)]) -> Option<Vec<Answer>> {
    let python = std::env::var("HALE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import duckdb"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        println!("skipped: no duckdb package for {python} (set HALE_PYTHON to a Python that has it)");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut listed = Vec::new();
    for (at, (table, query)) in cases.iter().enumerate() {
        let name = format!("{at}.parquet");
        write(table, &folder.path().join(&name));
        listed.push(serde_json::json!({"table": name, "query": query}));
    }
    std::fs::write(folder.path().join("cases.json"), serde_json::to_vec(&listed).expect("JSON"))
        .expect("written");
    let output = Command::new(&python).args(["-c", DUCKDB]).arg(folder.path()).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = std::fs::read(folder.path().join("answers.json")).expect("answers");
    Some(serde_json::from_slice(&answers).expect("answers in JSON"))
}

fn write(table: &RecordBatch, path: &Path) {
    let file = std::fs::File::create(path).expect("a file");
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, table.schema(), None).expect("a writer");
    writer.write(table).expect("written");
    writer.close().expect("closed");
}
