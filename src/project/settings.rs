//! `hale.yml`: the few settings that are neither SQL nor scoring.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use datafusion::scalar::ScalarValue;
use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Location, SourceFile};
use crate::yaml::{self, Placed, place};

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
    /// The score that the views `scores.main` and `components.main` stand for, and where that is said; where it is not,
    /// see [`crate::pipeline::main_score`].
    pub main_score: Option<(String, Location)>,
    /// Values of `$name` in models.
    pub parameters: BTreeMap<String, ScalarValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    time_zone: Placed<String>,
    sources: String,
    out: String,
    history_starts: Placed<String>,
    main_score: Option<Placed<String>>,
    #[serde(default)]
    parameters: BTreeMap<String, Parameter>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number, a text, true or false")]
enum Parameter {
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Text(String),
}

impl Settings {
    /// Reads them; unknown keys, zones and dates are refused.
    pub(super) fn read(file: &Arc<SourceFile>) -> Result<Self, Diagnostic> {
        let written: Written = yaml::read(file)?;
        let Written { time_zone, history_starts, .. } = &written;
        let time_zone = time_zone.value.parse::<Tz>().map_err(|_| {
            Diagnostic::error("time-zone", format!("`{}` is no time zone", time_zone.value))
                .at(place(file, time_zone))
                .help("use an IANA name such as UTC, Europe/Berlin or America/New_York")
        })?;
        let history_starts = history_starts.value.parse().map_err(|_| {
            Diagnostic::error("date", format!("`{}` is no date", history_starts.value))
                .at(place(file, history_starts))
                .help("write it as YYYY-MM-DD")
        })?;
        let parameters = written.parameters.into_iter().map(|(name, value)| (name, value.into())).collect();
        Ok(Self {
            name: written.name,
            time_zone,
            sources: written.sources,
            out: written.out,
            history_starts,
            main_score: written.main_score.map(|name| (name.value.clone(), place(file, &name))),
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
