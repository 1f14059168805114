//! Where a source lies and how its rows are dated: the location and the options of a `CREATE EXTERNAL TABLE`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::sql::parser::CreateExternalTable;
use datafusion::sql::sqlparser::ast::{Spanned, Value};

use super::options::{column, days, place_of, truth};
use super::parse::bytes;
use super::time;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::project::contract::Contract;
use crate::project::model::{Source, UnusualDays};
use crate::project::time::Time;

const OPTIONS: [&str; 7] = [
    "added_columns",
    "optional",
    "none_where_absent",
    "may_be_silent",
    "stale_after",
    "unusual_days",
    "usage",
];

/// Reads them; every option that says nothing is a problem.
pub(super) fn source(
    file: &Arc<SourceFile>,
    create: &CreateExternalTable,
    contract: &Contract,
    declared: Option<&SchemaRef>,
    problems: &mut Diagnostics,
) -> Source {
    let mut source = Source {
        path: String::new(),
        time: None,
        added_columns: Vec::new(),
        optional: false,
        none_where_absent: false,
        may_be_silent: None,
        stale_after: None,
        unusual_days: None,
        usage: false,
    };
    match create.locations.as_slice() {
        [path] => source.path.clone_from(path),
        _ => problems.push(
            Diagnostic::error("one-location", "a source has one location")
                .at(Location::new(file, bytes(file, create.name.span()))),
        ),
    }
    let mut dating = BTreeMap::new();
    for (key, value) in &create.options {
        let (key, value) = (key.trim_start_matches("format."), text(value));
        if time::OPTIONS.contains(&key) {
            dating.insert(key, value);
        } else if let Err(problem) = option(&mut source, contract, key, &value) {
            problems.push(problem.at(place_of(file, key)));
        }
    }
    match time::time(dating, contract, declared) {
        Ok(time) => source.time = time,
        Err(found) => {
            problems.extend(found.into_iter().map(|(option, problem)| problem.at(place_of(file, &option))));
        }
    }
    if source.none_where_absent && !source.optional {
        let message = "`none_where_absent` is said of a source that may be absent, and this one may not";
        let problem = Diagnostic::error("option-value", message).at(place_of(file, "none_where_absent"));
        problems.push(problem.help("add the option 'optional' 'true', or leave this one out"));
    }
    let of_events =
        [("may_be_silent", source.may_be_silent.is_some()), ("unusual_days", source.unusual_days.is_some())];
    let is_of_events = matches!(source.time, Some(Time::Events(_)));
    for (option, _) in of_events.into_iter().filter(|(_, is_said)| *is_said && !is_of_events) {
        let message = format!("`{option}` is said of events, and nothing says that these are");
        let problem = Diagnostic::error("option-value", message).at(place_of(file, option));
        problems.push(
            problem.help("add the options 'kind' 'events' and 'happened_at' with the column that dates them"),
        );
    }
    source
}

/// Every option, those that date rows first.
fn known() -> impl Iterator<Item = &'static str> {
    time::OPTIONS.into_iter().chain(OPTIONS)
}

fn text(value: &Value) -> String {
    match value {
        Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => text.clone(),
        other => other.to_string(),
    }
}

fn option(source: &mut Source, contract: &Contract, key: &str, text: &str) -> Result<(), Diagnostic> {
    match key {
        "added_columns" => source.added_columns = added_columns(contract, key, text)?,
        "optional" => source.optional = truth(key, text)?,
        "none_where_absent" => source.none_where_absent = truth(key, text)?,
        "usage" => source.usage = truth(key, text)?,
        "may_be_silent" => source.may_be_silent = Some(days(key, text)?),
        "unusual_days" => source.unusual_days = Some(unusual_days(key, text)?),
        "stale_after" => source.stale_after = Some(days(key, text)?),
        _ => {
            return Err(Diagnostic::error("unknown-option", format!("there is no source option `{key}`"))
                .note(format!("known: {}", known().collect::<Vec<_>>().join(", ")))
                .suggest(key, known()));
        }
    }
    Ok(())
}

/// `warn` or `stop`.
fn unusual_days(key: &str, text: &str) -> Result<UnusualDays, Diagnostic> {
    match text {
        "warn" => Ok(UnusualDays::Warn),
        "stop" => Ok(UnusualDays::Stop),
        _ => {
            let message = format!("`{key}` is 'warn' or 'stop', not '{text}'");
            Err(Diagnostic::error("option-value", message).suggest(text, ["warn", "stop"]))
        }
    }
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
