//! `hale.yml`: the few settings that are neither SQL nor scoring.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use datafusion::scalar::ScalarValue;
use serde::Deserialize;

use super::layer::{Layer, ModelName};
use super::model::Source;
use super::ready::CompleteFrom;
use super::retention::Retention;
use crate::diagnostic::{Diagnostic, Location, SourceFile};
use crate::yaml::{self, Entries, Placed, place};

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
    /// From which day on sources are complete, by the source's name, and where that is said; see [`super::ready`].
    pub complete_from: CompleteFrom,
    /// The score that the views `scores.main` and `components.main` stand for, and where that is said; where it is not,
    /// see [`crate::pipeline::main_score`].
    pub main_score: Option<(String, Location)>,
    /// Values of `$name` in models.
    pub parameters: BTreeMap<String, ScalarValue>,
    /// The layers and tables that plain folders show; all of them where it is empty.
    pub folders: Vec<String>,
    /// Rows that come up to so many days late restate the published days since; none do where it is not said.
    pub max_restatement_days: Option<u32>,
    /// What a run does where an expectation does not hold.
    pub expectations: WhenBroken,
    /// How long published days are kept; for ever where that is not said.
    pub keep: Option<Retention>,
}

/// What a run does where something that was expected does not hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenBroken {
    /// It publishes nothing.
    #[default]
    Stop,
    /// It warns, and goes on.
    Warn,
}

impl WhenBroken {
    /// Whether it warns and goes on.
    pub fn warns(self) -> bool {
        self == Self::Warn
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    time_zone: Placed<String>,
    sources: String,
    out: String,
    history_starts: Placed<String>,
    #[serde(default)]
    complete_from: Entries<Placed<String>>,
    main_score: Option<Placed<String>>,
    #[serde(default)]
    folders: Vec<Placed<String>>,
    max_restatement_days: Option<Placed<i64>>,
    keep: Option<Placed<String>>,
    #[serde(default)]
    expectations: WhenBroken,
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
    pub(crate) fn read(file: &Arc<SourceFile>) -> Result<Self, Diagnostic> {
        let written: Written = yaml::read(file)?;
        let Written { time_zone, history_starts, .. } = &written;
        let time_zone = time_zone.value.parse::<Tz>().map_err(|_| {
            Diagnostic::error("time-zone", format!("`{}` is no time zone", time_zone.value))
                .at(place(file, time_zone))
                .help("use an IANA name such as UTC, Europe/Berlin or America/New_York")
        })?;
        let history_starts = day(file, history_starts)?;
        let complete_from = written.complete_from.0.iter().map(|(source, from)| {
            let from = day(file, from)?;
            Ok((source.value.clone(), (from, place(file, source))))
        });
        let complete_from = complete_from.collect::<Result<_, Diagnostic>>()?;
        stale_after(file, &written.parameters)?;
        let keep = written.keep.as_ref().map(|keep| kept(file, keep)).transpose()?;
        let folders = written.folders.iter().map(|name| folder(file, name)).collect::<Result<_, _>>()?;
        let max_restatement_days =
            written.max_restatement_days.as_ref().map(|days| restated(file, days)).transpose()?;
        let parameters = written.parameters.into_iter().map(|(name, value)| (name, value.into())).collect();
        Ok(Self {
            name: written.name,
            time_zone,
            sources: written.sources,
            out: written.out,
            history_starts,
            complete_from,
            main_score: written.main_score.map(|name| (name.value.clone(), place(file, &name))),
            parameters,
            folders,
            max_restatement_days,
            expectations: written.expectations,
            keep,
        })
    }
}

/// The most days that late rows may restate.
const RESTATED: u32 = 366;

fn restated(file: &Arc<SourceFile>, written: &Placed<i64>) -> Result<u32, Diagnostic> {
    u32::try_from(written.value).ok().filter(|days| *days <= RESTATED).ok_or_else(|| {
        let message = format!("`max_restatement_days` is {}, and has to be 0 to {RESTATED}", written.value);
        Diagnostic::error("max-restatement", message)
            .at(place(file, written))
            .help("rows that come later than so many days restate nothing; days further back are built with `hale run --from --to`")
    })
}

/// How long published days are kept.
fn kept(file: &Arc<SourceFile>, written: &Placed<String>) -> Result<Retention, Diagnostic> {
    Retention::parse(&written.value).ok_or_else(|| {
        let message = format!("`{}` does not say how long published days are kept", written.value);
        Diagnostic::error("retention", message)
            .at(place(file, written))
            .help("write `keep: 800 days`, or `keep: 800 days, then month ends`")
    })
}

/// A layer, or a table of one.
fn folder(file: &Arc<SourceFile>, written: &Placed<String>) -> Result<String, Diagnostic> {
    let name = &written.value;
    if Layer::of(name).is_some() || ModelName::parse(name).is_some() {
        return Ok(name.clone());
    }
    let problem = Diagnostic::error("unknown-folder", format!("`{name}` is no layer and no table of one"));
    let layers = Layer::ALL.map(Layer::name);
    Err(problem
        .at(place(file, written))
        .suggest(name, layers)
        .help("name layers or tables, such as scores, marts, metrics.accounts"))
}

fn day(file: &Arc<SourceFile>, written: &Placed<String>) -> Result<NaiveDate, Diagnostic> {
    written.value.parse().map_err(|_| {
        Diagnostic::error("date", format!("`{}` is no date", written.value))
            .at(place(file, written))
            .help("write it as YYYY-MM-DD")
    })
}

/// The parameter that says how many days the loads of sources may lag behind a day, unless they say it themselves.
const STALE_AFTER_DAYS: &str = "stale_after_days";

/// These days, where no parameter says them.
const STALE_AFTER: u32 = 3;

/// That the parameter, where it is given, is a number of days.
fn stale_after(file: &Arc<SourceFile>, parameters: &BTreeMap<String, Parameter>) -> Result<(), Diagnostic> {
    match parameters.get(STALE_AFTER_DAYS) {
        None => Ok(()),
        Some(Parameter::Integer(days)) if u32::try_from(*days).is_ok_and(|days| days < 10_000) => Ok(()),
        Some(_) => {
            let at = file.text.find(STALE_AFTER_DAYS).unwrap_or_default();
            let message = format!("`{STALE_AFTER_DAYS}` is the number of days that loads may lag behind");
            Err(Diagnostic::error("parameter", message)
                .at(Location::word_at(file, at))
                .help(format!("write {STALE_AFTER_DAYS}: {STALE_AFTER}")))
        }
    }
}

impl Settings {
    /// How many days the loads of a source may lag behind a day that it reports.
    pub fn may_lag(&self, source: &Source) -> u32 {
        let said = source.stale_after.or_else(|| match self.parameters.get(STALE_AFTER_DAYS) {
            Some(ScalarValue::Int64(Some(days))) => u32::try_from(*days).ok(),
            _ => None,
        });
        said.unwrap_or(STALE_AFTER)
    }

    /// From which day on a source is complete, where that is said.
    pub fn complete_from(&self, name: &ModelName) -> Option<NaiveDate> {
        let said = self.complete_from.get(&name.table).filter(|_| name.layer == Layer::Raw);
        said.map(|(day, _)| *day)
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
