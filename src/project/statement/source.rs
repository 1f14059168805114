//! Where a source lies and how its rows are dated: the location and the options of a `CREATE EXTERNAL TABLE`.

use std::sync::Arc;

use datafusion::sql::parser::CreateExternalTable;
use datafusion::sql::sqlparser::ast::{Spanned, Value};

use super::parse::bytes;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::project::contract::Contract;
use crate::project::model::Source;

const OPTIONS: [&str; 3] = ["event_time", "available_at", "optional"];

/// Reads them; every option that says nothing is a problem.
pub(super) fn source(
    file: &Arc<SourceFile>,
    create: &CreateExternalTable,
    contract: &Contract,
    problems: &mut Diagnostics,
) -> Source {
    let mut source = Source { path: String::new(), event_time: None, available_at: None, optional: false };
    match create.locations.as_slice() {
        [path] => source.path.clone_from(path),
        _ => problems.push(
            Diagnostic::error("one-location", "a source has one location")
                .at(Location::new(file, bytes(file, create.name.span()))),
        ),
    }
    for (key, value) in &create.options {
        let key = key.trim_start_matches("format.");
        if let Err(problem) = option(&mut source, contract, key, value) {
            let place = file.text.find(key);
            let place = place.map_or_else(|| Location::whole(file), |at| Location::word_at(file, at));
            problems.push(problem.at(place));
        }
    }
    source
}

fn option(source: &mut Source, contract: &Contract, key: &str, value: &Value) -> Result<(), Diagnostic> {
    let text = match value {
        Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => text.clone(),
        other => other.to_string(),
    };
    match key {
        "event_time" => source.event_time = Some(column(contract, key, text)?),
        "available_at" => source.available_at = Some(column(contract, key, text)?),
        "optional" => source.optional = truth(key, &text)?,
        _ => {
            return Err(Diagnostic::error("unknown-option", format!("there is no source option `{key}`"))
                .note(format!("known: {}", OPTIONS.join(", ")))
                .suggest(key, OPTIONS));
        }
    }
    Ok(())
}

/// A text that names a declared column.
fn column(contract: &Contract, key: &str, name: String) -> Result<String, Diagnostic> {
    if contract.column(&name).is_some() {
        return Ok(name);
    }
    let message = format!("`{key}` names no declared column: `{name}`");
    let known = contract.columns.iter().map(|column| column.name.as_str());
    Err(Diagnostic::error("unknown-column", message).suggest(&name, known))
}

fn truth(key: &str, text: &str) -> Result<bool, Diagnostic> {
    match text.to_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => {
            let message = format!("`{key}` is 'true' or 'false', not '{text}'");
            Err(Diagnostic::error("option-value", message))
        }
    }
}
