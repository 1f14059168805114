//! The engines that run compiled SQL in these tests: DataFusion here, DuckDB in its Python package.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{ScalarValue, TableReference};
use datafusion::datasource::MemTable;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use halescore::engine::rules::{Rule, with_rules};

use crate::python;

/// A row by its column names.
pub type Record = HashMap<String, ScalarValue>;

/// Tables by their full names.
pub type Tables = Vec<(&'static str, RecordBatch)>;

/// The rows of a query over `metrics.accounts`.
pub fn datafusion(accounts: &RecordBatch, query: &str) -> Result<Vec<Record>, String> {
    run(&[("metrics.accounts", accounts.clone())], query, 2)
}

/// The rows of a query, with hale's own windows, in so many partitions of rows dealt among them.
pub fn run(
    tables: &[(&'static str, RecordBatch)],
    query: &str,
    partitions: usize,
) -> Result<Vec<Record>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let run = async {
        let state = SessionStateBuilder::new()
            .with_config(SessionConfig::new().with_target_partitions(partitions))
            .with_default_features()
            .build();
        let ours = [Rule::DayWindow, Rule::WholePartitions];
        let context = SessionContext::new_with_state(with_rules(state, &ours));
        context.sql("CREATE SCHEMA metrics").await?;
        context.sql("CREATE SCHEMA scores").await?;
        for (name, batch) in tables {
            let rows = batch.num_rows().div_ceil(partitions).max(1);
            let dealt = (0..partitions).map(|at| at * rows).filter(|start| *start < batch.num_rows());
            let dealt = dealt.map(|start| vec![batch.slice(start, rows.min(batch.num_rows() - start))]);
            let mut dealt: Vec<Vec<RecordBatch>> = dealt.collect();
            dealt.resize_with(dealt.len().max(1), Vec::new);
            let table = MemTable::try_new(batch.schema(), dealt)?;
            context.register_table(TableReference::parse_str(name), Arc::new(table))?;
        }
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

/// A truth value of a record.
pub fn truth(record: &Record, column: &str) -> Option<bool> {
    match &record[column] {
        ScalarValue::Boolean(value) => *value,
        other => panic!("{column} is not a truth value: {other:?}"),
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
    if isinstance(value, bool): return str(value).lower()
    if isinstance(value, float): return struct.pack(">d", value).hex()
    return str(value)
answers = []
for case in json.load(open(folder + "/cases.json")):
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA metrics")
        db.execute("CREATE SCHEMA scores")
        for name, file in case["tables"].items():
            db.execute("CREATE TABLE " + name + " AS SELECT * FROM read_parquet('" + folder + "/" + file + "')")
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
pub fn duckdb(cases: &[(Tables, String)]) -> Option<Vec<Answer>> {
    python::or_skip(python::has(&["duckdb"]))?;
    let folder = tempfile::tempdir().expect("a folder");
    let mut listed = Vec::new();
    for (at, (tables, query)) in cases.iter().enumerate() {
        let mut files = serde_json::Map::new();
        for (name, batch) in tables {
            let file = format!("{at}-{name}.parquet");
            write(batch, &folder.path().join(&file));
            files.insert((*name).to_owned(), file.into());
        }
        listed.push(serde_json::json!({"tables": files, "query": query}));
    }
    std::fs::write(folder.path().join("cases.json"), serde_json::to_vec(&listed).expect("JSON"))
        .expect("written");
    python::run(DUCKDB, &[&folder.path().to_string_lossy()]);
    let answers = std::fs::read(folder.path().join("answers.json")).expect("answers");
    Some(serde_json::from_slice(&answers).expect("answers in JSON"))
}

fn write(table: &RecordBatch, path: &Path) {
    let file = std::fs::File::create(path).expect("a file");
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, table.schema(), None).expect("a writer");
    writer.write(table).expect("written");
    writer.close().expect("closed");
}
