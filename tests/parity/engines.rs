//! The engines that run the models of a fixture, each model reading the tables of those before it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::catalog::MemTable;
use datafusion::common::TableReference;
use datafusion::prelude::{SessionConfig, SessionContext};
use halescore::semantic::CompiledModel;

use super::fixture::Fixture;
use crate::python;
use crate::semantic::engines::{self, Record};

/// The rows of each model, by `layer.name`.
pub type Tables = BTreeMap<String, Vec<Record>>;

/// Cells as texts, doubles to the last bit: rows of each model in an order of their own.
pub type Cells = BTreeMap<String, Vec<Vec<String>>>;

fn block_on<T>(run: impl Future<Output = datafusion::error::Result<T>>, about: &str) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run).unwrap_or_else(|error| panic!("{about}: {error}"))
}

fn register(
    context: &SessionContext,
    layer: &str,
    name: &str,
    rows: Vec<RecordBatch>,
) -> datafusion::error::Result<()> {
    let table = MemTable::try_new(rows[0].schema(), vec![rows])?;
    context.register_table(TableReference::partial(layer, name), Arc::new(table))?;
    Ok(())
}

/// The tables of a fixture in DataFusion.
pub fn datafusion(fixture: &Fixture) -> Tables {
    let run = async {
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
        for layer in ["metrics", "components", "scores"] {
            context.sql(&format!("CREATE SCHEMA {layer}")).await?;
        }
        for (table, rows) in &fixture.metrics {
            register(&context, "metrics", table, vec![rows.clone()])?;
        }
        let mut tables = Tables::new();
        for model in fixture.models() {
            let query = context.sql(model.query()).await?;
            let empty = RecordBatch::new_empty(Arc::clone(query.schema().inner()));
            let rows = query.collect().await?;
            tables.insert(
                format!("{}.{}", model.layer, model.name),
                rows.iter().flat_map(engines::records).collect(),
            );
            register(&context, model.layer, &model.name, std::iter::once(empty).chain(rows).collect())?;
            keeps_its_contract(&context, &model).await?;
        }
        Ok(tables)
    };
    block_on(run, &fixture.folder)
}

/// No row breaks a check that the model declares.
async fn keeps_its_contract(
    context: &SessionContext,
    model: &CompiledModel,
) -> datafusion::error::Result<()> {
    let checks = contract(&model.sql).1;
    let broken: Vec<String> =
        checks.iter().map(|check| format!("count(CASE WHEN NOT ({check}) THEN 1 END)")).collect();
    let counts = format!("SELECT {} FROM {}.{}", broken.join(", "), model.layer, model.name);
    for counts in context.sql(&counts).await?.collect().await?.iter().flat_map(engines::records) {
        let broken: Vec<&String> =
            counts.iter().filter(|(_, count)| count.to_string() != "0").map(|(check, _)| check).collect();
        assert!(broken.is_empty(), "{}.{}: {broken:?}", model.layer, model.name);
    }
    Ok(())
}

/// The tables as texts.
pub fn cells(tables: &Tables) -> Cells {
    let of_table = |rows: &Vec<Record>| {
        let mut columns: Vec<&str> =
            rows.first().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        columns.sort_unstable();
        engines::cells(rows, &columns)
    };
    tables.iter().map(|(name, rows)| (name.clone(), of_table(rows))).collect()
}

const DUCKDB: &str = r#"
import json, struct, sys
import duckdb
def cell(value):
    if value is None: return "null"
    if isinstance(value, bool): return str(value).lower()
    if isinstance(value, float): return struct.pack(">d", value).hex()
    return str(value)
folder = sys.argv[1]
case = json.load(open(folder + "/case.json"))
tables = {}
with duckdb.connect() as db:
    for layer in ["metrics", "components", "scores"]: db.execute(f"CREATE SCHEMA {layer}")
    for table in case["metrics"]:
        db.execute(f"CREATE TABLE metrics.{table} AS SELECT * FROM read_parquet('{folder}/{table}.parquet')")
    for table, query in case["models"]:
        db.execute(f"CREATE TABLE {table} AS {query}")
        found = db.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in found.description]
        order = sorted(range(len(names)), key=names.__getitem__)
        tables[table] = sorted([cell(row[at]) for at in order] for row in found.fetchall())
print(json.dumps(tables))
"#;

/// The tables of a fixture in DuckDB, which runs the same queries; `None` and a printed reason where there is none.
pub fn duckdb(fixture: &Fixture) -> Option<Cells> {
    python::or_skip(python::has(&["duckdb"]))?;
    let folder = tempfile::tempdir().expect("a folder");
    for (table, rows) in &fixture.metrics {
        let file = File::create(folder.path().join(format!("{table}.parquet"))).expect("a file");
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, rows.schema(), None).expect("a writer");
        writer.write(rows).expect("written");
        writer.close().expect("closed");
    }
    let metrics: Vec<&str> = fixture.metrics.iter().map(|(table, _)| *table).collect();
    let models = fixture.models();
    let models: Vec<(String, &str)> =
        models.iter().map(|model| (format!("{}.{}", model.layer, model.name), model.query())).collect();
    let case = serde_json::json!({"metrics": metrics, "models": models});
    fs::write(folder.path().join("case.json"), case.to_string()).expect("written");
    let answer = python::run(DUCKDB, &[folder.path().to_str().expect("UTF-8")]);
    Some(serde_json::from_str(&answer).expect("an answer in JSON"))
}

/// The columns and the checks that a model's contract declares.
fn contract(sql: &str) -> (Vec<(String, String)>, Vec<String>) {
    use datafusion::sql::parser::{DFParser, Statement};
    use datafusion::sql::sqlparser::ast::{ColumnOption, Statement as Sql, TableConstraint};

    let statement = DFParser::parse_sql(sql).expect("it parses").pop_front().expect("a statement");
    let Statement::Statement(statement) = statement else { panic!("not SQL") };
    let Sql::CreateTable(table) = *statement else { panic!("not a table") };
    let mut checks = Vec::new();
    for column in &table.columns {
        for option in &column.options {
            match &option.option {
                ColumnOption::Check(check) => checks.push(check.expr.to_string()),
                ColumnOption::NotNull => checks.push(format!("{} IS NOT NULL", column.name)),
                other => panic!("unexpected {other}"),
            }
        }
    }
    for constraint in &table.constraints {
        match constraint {
            TableConstraint::Check(check) => checks.push(check.expr.to_string()),
            TableConstraint::PrimaryKey(_) => {}
            other => panic!("unexpected {other}"),
        }
    }
    let columns = table.columns.iter().map(|column| (column.name.to_string(), column.data_type.to_string()));
    (columns.collect(), checks)
}
