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
use crate::project::kept::{self, KeptFrom};
use crate::project::model::{Source, UnusualDays};
use crate::project::time::Time;

const OPTIONS: [&str; 8] = [
    "added_columns",
    "optional",
    "none_where_absent",
    "may_be_silent",
    "stale_after",
    kept::OPTION,
    "unusual_days",
    "usage",
];

/// What the options say of a source that do not date its rows.
#[derive(Default)]
struct Others {
    added_columns: Vec<String>,
    optional: bool,
    none_where_absent: bool,
    may_be_silent: Option<u32>,
    stale_after: Option<u32>,
    kept_from: Option<KeptFrom>,
    unusual_days: Option<UnusualDays>,
    usage: bool,
}

/// Reads them; every option that says nothing is a problem. Without a location, or where it is not said what a row is, there
/// is no source.
pub(super) fn source(
    file: &Arc<SourceFile>,
    create: &CreateExternalTable,
    contract: &Contract,
    declared: Option<&SchemaRef>,
    problems: &mut Diagnostics,
) -> Option<Source> {
    let name = Location::new(file, bytes(file, create.name.span()));
    if create.locations.len() != 1 {
        problems.push(Diagnostic::error("one-location", "a source has one location").at(name.clone()));
    }
    let (mut others, mut dating) = (Others::default(), BTreeMap::new());
    for (key, value) in &create.options {
        let (key, value) = (key.trim_start_matches("format."), text(value));
        if time::OPTIONS.contains(&key) {
            dating.insert(key, value);
        } else if let Err(problem) = option(&mut others, contract, key, &value) {
            problems.push(problem.at(place_of(file, key)));
        }
    }
    let time = match dating.remove(time::KIND).map(|kind| time::time(&kind, dating, contract, declared)) {
        Some(Ok(time)) => Some(time),
        Some(Err(found)) => {
            let placed = |(option, problem): (String, Diagnostic)| problem.at(place_of(file, &option));
            problems.extend(found.into_iter().map(placed));
            None
        }
        None => {
            problems.push(time::without_kind(&create.name.to_string()).at(name));
            None
        }
    };
    problems.extend(contradictions(file, &others, time.as_ref()));
    Some(Source {
        path: create.locations.first()?.clone(),
        time: time?,
        added_columns: others.added_columns,
        optional: others.optional,
        none_where_absent: others.none_where_absent,
        may_be_silent: others.may_be_silent,
        stale_after: others.stale_after,
        kept_from: others.kept_from,
        unusual_days: others.unusual_days,
        usage: others.usage,
    })
}

/// Options that say something of a source which it is not.
fn contradictions(file: &Arc<SourceFile>, others: &Others, time: Option<&Time>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if others.none_where_absent && !others.optional {
        let message = "`none_where_absent` is said of a source that may be absent, and this one may not";
        let problem = Diagnostic::error("option-value", message).at(place_of(file, "none_where_absent"));
        found.push(problem.help("add the option 'optional' 'true', or leave this one out"));
    }
    if let Some(Time::Current(_)) = time.filter(|_| others.kept_from.is_some()) {
        found.push(time::without_effect(kept::OPTION, "current").at(place_of(file, kept::OPTION)));
    }
    let of_events =
        [("may_be_silent", others.may_be_silent.is_some()), ("unusual_days", others.unusual_days.is_some())];
    if let Some(time) = time.filter(|time| !matches!(time, Time::Events(_))) {
        let said = of_events.iter().filter(|(_, is_said)| *is_said);
        let without_effect =
            |option: &str| time::without_effect(option, time.kind()).at(place_of(file, option));
        found.extend(said.map(|(option, _)| without_effect(option)));
    }
    found
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

fn option(others: &mut Others, contract: &Contract, key: &str, text: &str) -> Result<(), Diagnostic> {
    match key {
        "added_columns" => others.added_columns = added_columns(contract, key, text)?,
        "optional" => others.optional = truth(key, text)?,
        "none_where_absent" => others.none_where_absent = truth(key, text)?,
        "usage" => others.usage = truth(key, text)?,
        "may_be_silent" => others.may_be_silent = Some(days(key, text)?),
        "unusual_days" => others.unusual_days = Some(unusual_days(key, text)?),
        "stale_after" => others.stale_after = Some(days(key, text)?),
        kept::OPTION => others.kept_from = Some(KeptFrom::parse(text)?),
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
