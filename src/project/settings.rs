//! `hale.yml`: the few settings that are neither SQL nor scoring.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use datafusion::scalar::ScalarValue;
use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Location, SourceFile, closest};

/// What `hale.yml` says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The project's name, for people.
    pub name: String,
    /// Where days begin and end.
    pub time_zone: Tz,
    /// Where sources lie: a folder of the project, or a URL.
    pub sources: String,
    /// Where tables are published: a folder of the project, or a URL.
    pub out: String,
    /// The first day of `calendar.days`.
    pub history_starts: NaiveDate,
    /// Values of `$name` in models.
    pub parameters: BTreeMap<String, ScalarValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    time_zone: String,
    sources: String,
    out: String,
    history_starts: String,
    #[serde(default)]
    parameters: BTreeMap<String, Parameter>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Parameter {
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Text(String),
}

const KEYS: [&str; 6] = ["name", "time_zone", "sources", "out", "history_starts", "parameters"];

impl Settings {
    /// Reads them; unknown keys, zones and dates are refused.
    pub(super) fn read(file: &Arc<SourceFile>) -> Result<Self, Diagnostic> {
        let written: Written =
            serde_saphyr::from_str(&file.text).map_err(|error| yaml_error(file, &error, &KEYS))?;
        let at = |key: &str| {
            let line = file.text.lines().position(|line| line.starts_with(key)).map_or(0, |line| line + 1);
            Location::word_at(file, file.offset(line, 1))
        };
        let time_zone = written.time_zone.parse::<Tz>().map_err(|_| {
            Diagnostic::error("time-zone", format!("`{}` is no time zone", written.time_zone))
                .at(at("time_zone"))
                .help("use an IANA name such as UTC, Europe/Berlin or America/New_York")
        })?;
        let history_starts = written.history_starts.parse().map_err(|_| {
            Diagnostic::error("date", format!("`{}` is no date", written.history_starts))
                .at(at("history_starts"))
                .help("write it as YYYY-MM-DD")
        })?;
        let parameters = written.parameters.into_iter().map(|(name, value)| (name, value.into())).collect();
        Ok(Self {
            name: written.name,
            time_zone,
            sources: written.sources,
            out: written.out,
            history_starts,
            parameters,
        })
    }
}

impl From<Parameter> for ScalarValue {
    fn from(parameter: Parameter) -> Self {
        match parameter {
            Parameter::Boolean(value) => Self::Boolean(Some(value)),
            Parameter::Integer(value) => Self::Int64(Some(value)),
            Parameter::Double(value) => Self::Float64(Some(value)),
            Parameter::Text(value) => Self::Utf8(Some(value)),
        }
    }
}

/// What a YAML reader says, with its place, and the key that was probably meant.
pub(crate) fn yaml_error(file: &Arc<SourceFile>, error: &serde_saphyr::Error, keys: &[&str]) -> Diagnostic {
    let error = error.without_snippet();
    let message = error.to_string();
    let message = message.lines().next().unwrap_or_default();
    let location = error.location().map_or_else(
        || Location::whole(file),
        |place| Location::word_at(file, file.offset(place.line() as usize, place.column() as usize)),
    );
    let diagnostic = Diagnostic::error("yaml", message).at(location);
    let wrong = message.split_once("unknown field `").and_then(|(_, rest)| rest.split_once('`'));
    match wrong.and_then(|(wrong, _)| closest(wrong, keys.iter().copied())) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic,
    }
}
