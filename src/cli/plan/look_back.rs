//! How far back a day of each table looks, as people read it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::check::check;
use crate::cli::console::Console;
use crate::cli::outcome::Outcome;
use crate::cli::output::{self, Sheet};
use crate::engine::Engine;
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::run::{LooksBack, Reach, look_backs};

/// Prints it for some tables.
pub(super) async fn tell(
    pipeline: Pipeline,
    engine: &Engine,
    (selected, day): (&BTreeSet<ModelName>, NaiveDate),
    console: Console,
) -> Outcome {
    let checked = check(pipeline, engine, None).await?;
    let told = look_backs(&checked, engine, selected, day).await?;
    if console.json {
        return output::json_line(&json!({ "tables": told.iter().map(to_json).collect::<Vec<_>>() }));
    }
    let names = ["table", "reads", "days back", "because of"].map(str::to_owned).to_vec();
    let rows = told.iter().flat_map(rows).collect();
    let sheet = Sheet { names, right: vec![false, false, true, false], yields: vec![3], rows };
    output::write(sheet.fitted(console.width).as_bytes())
}

fn to_json(told: &LooksBack) -> Value {
    let reads = told.reads.iter().map(|(table, reach)| match reach {
        Reach::Days(days) => json!({ "table": table.to_string(), "days": days }),
        Reach::All { because } => json!({ "table": table.to_string(), "days": null, "because": because }),
    });
    json!({ "table": told.table.to_string(), "reads": reads.collect::<Vec<_>>() })
}

fn rows(told: &LooksBack) -> Vec<Vec<String>> {
    let row = |reads: String, days: String, because: &str| {
        vec![told.table.to_string(), reads, days, because.to_owned()]
    };
    let tables = told.reads.iter().map(|(table, reach)| match reach {
        Reach::Days(days) => row(table.to_string(), days.to_string(), ""),
        Reach::All { because } => {
            row(table.to_string(), "all".to_owned(), because.as_deref().unwrap_or("no bound on its day"))
        }
    });
    tables.collect()
}
