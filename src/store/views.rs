//! What is published as views for DuckDB: pinned to one commit, whatever is published afterwards.

use super::commit::Stored;
use super::state::State;
use crate::error::Result;
use crate::project::identifier::identifier;
use crate::project::layer::ModelName;

/// SQL that makes a view of every published table, over the objects of one commit.
///
/// # Errors
/// What storage says.
pub async fn views(state: &State) -> Result<String> {
    let storage = state.storage();
    let mut sql = format!("-- What was published in {} as of commit {}.\n", storage.shown(), state.number());
    let tables = state.tables();
    let mut layers: Vec<&str> = tables.iter().map(|table| table.layer.name()).collect();
    layers.dedup();
    for layer in layers {
        sql.push_str(&format!("CREATE SCHEMA IF NOT EXISTS {};\n", identifier(layer)));
    }
    for table in tables {
        let files = files(state, &table).await?;
        let name = format!("{}.{}", identifier(table.layer.name()), identifier(&table.table));
        sql.push_str(&format!("CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet([\n"));
        let urls: Vec<String> =
            files.iter().map(|file| format!("  '{}'", file.replace('\'', "''"))).collect();
        sql.push_str(&urls.join(",\n"));
        // A column that came later is NULL in the days before it.
        sql.push_str("\n], union_by_name = true);\n");
    }
    Ok(sql)
}

/// Where the rows of a table lie: paths of this machine, or URLs.
async fn files(state: &State, table: &ModelName) -> Result<Vec<String>> {
    let entries = match state.commit().tables.get(&table.to_string()) {
        Some(Stored::Whole(whole)) => vec![whole.entry.clone()],
        _ => state.entries(table, ..).await?.into_values().collect(),
    };
    let storage = state.storage();
    let place = |path: String| match storage.local_folder() {
        Some(root) => Ok(root.join(path).display().to_string()),
        None => storage.file_url(&path).map(|url| url.to_string()),
    };
    entries.iter().map(|entry| place(entry.path())).collect()
}
