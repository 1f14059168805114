//! Where a source lies and how its rows are dated: the location and the options of a `CREATE EXTERNAL TABLE`.

use std::sync::Arc;

use datafusion::sql::parser::CreateExternalTable;
use datafusion::sql::sqlparser::ast::{Spanned, Value};

use super::parse::bytes;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::project::contract::Contract;
use crate::project::model::Source;

const OPTIONS: [&str; 6] =
    ["event_time", "available_at", "added_columns", "optional", "may_be_silent", "usage"];

/// Reads them; every option that says nothing is a problem.
pub(super) fn source(
    file: &Arc<SourceFile>,
    create: &CreateExternalTable,
    contract: &Contract,
    problems: &mut Diagnostics,
) -> Source {
    let mut source = Source {
        path: String::new(),
        event_time: None,
        available_at: None,
        added_columns: Vec::new(),
        optional: false,
        may_be_silent: None,
        usage: false,
    };
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
    if source.may_be_silent.is_some() && source.event_time.is_none() {
        let message = "`may_be_silent` is said of a log, and nothing says when its rows happened";
        let at = file.text.find("may_be_silent").unwrap_or_default();
        let problem = Diagnostic::error("option-value", message).at(Location::word_at(file, at));
        problems.push(problem.help("add the option 'event_time' with the column that dates the rows"));
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
        "added_columns" => source.added_columns = added_columns(contract, key, &text)?,
        "optional" => source.optional = truth(key, &text)?,
        "usage" => source.usage = truth(key, &text)?,
        "may_be_silent" => source.may_be_silent = Some(days(key, &text)?),
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

/// `3 days`.
fn days(key: &str, text: &str) -> Result<u32, Diagnostic> {
    let number = text.strip_suffix("days").or_else(|| text.strip_suffix("day"));
    number.and_then(|number| number.trim().parse().ok()).ok_or_else(|| {
        let message = format!("`{key}` is a number of days, such as '3 days', not '{text}'");
        Diagnostic::error("option-value", message)
    })
}

/// The columns that came later, from a list of their names.
fn added_columns(contract: &Contract, key: &str, text: &str) -> Result<Vec<String>, Diagnostic> {
    let required = contract.not_null();
    let later = |name: &str| {
        let name = column(contract, key, name.trim().to_owned())?;
        if required.contains(&name) {
            let problem =
                format!("`{name}` came later, so it is NULL in older files, and cannot be NOT NULL");
            return Err(Diagnostic::error("option-value", problem).help("take NOT NULL off the column"));
        }
        Ok(name)
    };
    text.split(',').map(later).collect()
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
