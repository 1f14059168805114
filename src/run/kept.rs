//! Whether all that a run builds is made of days of which the sources still have their rows (`kept_from`).

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::decide::Decided;
use super::placeholders::is_log;
use super::request::Request;
use crate::check::Checked;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::kept::OPTION;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::Model;
use crate::project::statement::place_of;

/// Refuses a run that builds rows of days of which a source has none any more.
///
/// # Errors
/// [`Error::Project`] with the first table of each such source.
pub(super) fn from_kept_days(checked: &Checked, request: &Request, decided: &Decided<'_>) -> Result<()> {
    let pipeline = &checked.pipeline;
    let mut found = Diagnostics::new();
    for (source, from) in request.kept.sources().filter(|(source, _)| decided.scope.computes(source)) {
        let mut tables = pipeline.models.iter().filter(|model| model.is_stored());
        let look = |model: &Model| {
            Some(Look::of(pipeline, decided, model, source)?.before(from)?.refused(
                (pipeline, model),
                (source, from),
                *request.days.start(),
            ))
        };
        found.extend(tables.find_map(look));
    }
    if found.is_empty() { Ok(()) } else { Err(Error::Project(found)) }
}

/// From which day on a table is built, and from which on it reads a source for that; `None`: all that there is.
struct Look {
    built_from: NaiveDate,
    first: Option<NaiveDate>,
    history_starts: NaiveDate,
}

impl Look {
    /// How a table that is built looks at a source; nothing where it does not read it.
    fn of(pipeline: &Pipeline, decided: &Decided<'_>, model: &Model, source: &ModelName) -> Option<Self> {
        let built_from =
            decided.needed.built_from(&model.name).filter(|_| decided.scope.computes(&model.name))?;
        let history_starts = pipeline.settings.history_starts;
        let log = ModelName::new(Layer::Dated, source.table.clone());
        let reads = decided.needed.log_reads.get(&model.name).filter(|_| is_log(pipeline, &log));
        let of_log = reads.into_iter().flatten().filter(|(read, _)| *read == log);
        let of_log = of_log.map(|(_, first)| *first).min();
        let first = match of_log {
            Some(first) => first,
            // What holds from day to day is read on the days that are built.
            None => Some(built_from).filter(|_| reads_source(pipeline, model, source))?.into(),
        };
        Some(Self { built_from, first, history_starts })
    }

    /// The same where it looks at days before one.
    fn before(self, from: NaiveDate) -> Option<Self> {
        let first = self.first.unwrap_or(self.history_starts);
        (first < from).then_some(self)
    }

    fn refused(
        &self,
        (pipeline, model): (&Pipeline, &Model),
        (source, from): (&ModelName, NaiveDate),
        asked: NaiveDate,
    ) -> Diagnostic {
        let reads = match self.first {
            Some(first) => format!("reads {source} from {first} on"),
            None => format!("reads all of {source}"),
        };
        let message = format!(
            "{}, built from {} on, {reads}, which has its rows from {from} on",
            model.name, self.built_from
        );
        let problem = Diagnostic::error("not-kept", message)
            .note("rows would be made of nothing; published days before are read as they are where the definition of now made them")
            .help(match self.possible_from(from, asked) {
                Some(day) => format!("build from {day} on, from where on all that is looked back to is there"),
                None => format!(
                    "days before {from} are part of every day of it: have it look back so many days alone, or read daily facts \
                     (`settles_after`); of an output without any days, let the history start there (`history_starts`)"
                ),
            });
        match pipeline.model(source) {
            Some(model) => problem.at(place_of(&model.file, OPTION)),
            None => problem,
        }
    }

    /// The first day of which all days that it looks back to are there; `None` where it looks back to the beginning.
    fn possible_from(&self, from: NaiveDate, asked: NaiveDate) -> Option<NaiveDate> {
        let first = self.first.filter(|_| self.built_from > self.history_starts)?;
        let days = u64::try_from((asked - first).num_days()).ok()?;
        from.checked_add_days(Days::new(days))
    }
}

/// Whether a table reads a source, itself or through views.
fn reads_source(pipeline: &Pipeline, model: &Model, source: &ModelName) -> bool {
    let reads =
        |name: &ModelName| pipeline.reads.get(name).into_iter().flat_map(|reads| reads.0.keys().cloned());
    let (mut seen, mut waiting): (BTreeSet<ModelName>, Vec<ModelName>) =
        (BTreeSet::new(), reads(&model.name).collect());
    while let Some(name) = waiting.pop() {
        if name == *source {
            return true;
        }
        let is_stored = pipeline.model(&name).is_some_and(Model::is_stored);
        if !is_stored && seen.insert(name.clone()) {
            waiting.extend(reads(&name));
        }
    }
    false
}
