//! Metrics that are told though it is not known: of an optional source where it is not reported, of a window where it reaches
//! back before a log is complete.
//!
//! # Sources that are not reported
//!
//! Nothing of such a source may be there: its loads stopped, or it has not landed at all. A count of it is zero then, of
//! what nobody knows. So every column of a table of metrics that comes from one asks for it, in a `CASE`, in a filter or in
//! a join: `reported('tickets', as_of_date)`, or a column that is true only where it is.
//!
//! Of a source that says `'none_where_absent' 'true'` nothing is asked: where it is absent there are none.
//!
//! # Windows that reach back before the log
//!
//! Of a log that is complete from some day on (`complete_from` in hale.yml), a window that begins before holds a part of what
//! it is named after. A count of it is told all the same: so many since then, and so is how long ago something was, at least so
//! long. What half a window tells wrongly asks whether it is whole, `ready('events', 28, as_of_date)`: a share, a mean, a
//! median, a quotient or a difference of counts, a growth, on how many of the last 28 days, in how many of the last four weeks.
//! A column that is NOT NULL and no number with decimals is taken for a count. That another account went on in one is another
//! question (`joined_days`), and answers none of the log. Where a value of an earlier day is carried on, it is that day that is
//! asked of: `last_value(CASE WHEN ready('events', 28, as_of_date) THEN … END)`.
//!
//! What adds up changes over all of history, to make a window of them, is not seen through.
//!
//! # How
//!
//! Columns are followed from the sources on, through rows of several kinds where rows of different queries stand below each
//! other: what is counted of the ones says nothing of the others. A row that stands only where the source has one, or a
//! union that gives other rows where the source has none, answers for itself. A column is told of once, in the first table
//! that stores it.

mod bounds;
mod calls;
mod days;
mod kinds;
mod operators;
mod since;
mod told;
mod value;
mod walk;

use std::collections::BTreeMap;

use datafusion::logical_expr::LogicalPlan;

use self::told::{SOME, Sources, WITHOUT_END};
use self::walk::{Guards, Unguarded};
use crate::diagnostic::{Diagnostic, Location};
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model};

/// The warnings of metrics that nothing guards, over the plans of models as they read.
pub(super) fn unguarded(pipeline: &Pipeline, plans: &BTreeMap<ModelName, LogicalPlan>) -> Vec<Diagnostic> {
    let is_optional = |model: &Model| matches!(&model.kind, Kind::Source(source) if source.optional);
    if !pipeline.models.iter().any(is_optional) && pipeline.settings.complete_from.is_empty() {
        return Vec::new();
    }
    let mut guards = Guards::new(pipeline, plans);
    for model in &pipeline.models {
        if model.is_stored() && model.name.layer == Layer::Metrics {
            guards.of_model(model);
        }
    }
    guards.found.iter().flat_map(told).collect()
}

/// What is said of a column.
fn told(unguarded: &Unguarded<'_>) -> Vec<Diagnostic> {
    let Unguarded { model, column, sources, windows } = unguarded;
    let declared = model.contract.column(column);
    let place = declared.map_or_else(|| Location::whole(&model.file), |declared| declared.location.clone());
    let mut found = Vec::new();
    if !sources.is_empty() {
        found.push(unreported(column, sources));
    }
    let windows = windows.iter().map(|(log, days)| unready(column, log, days));
    found.extend(windows.map(|told| match declared {
        Some(declared) if declared.not_null => told.note("it is declared NOT NULL, and has no value before"),
        _ => told,
    }));
    found.into_iter().map(|told| told.at(place.clone())).collect()
}

fn unreported(column: &str, open: &Sources) -> Diagnostic {
    let named: Vec<String> = open.iter().map(|source| format!("raw.{source}")).collect();
    let asked: Vec<String> = open.iter().map(|source| format!("reported('{source}', as_of_date)")).collect();
    let (named, asked) = (named.join(" and "), asked.join(" AND "));
    let message = format!("`{column}` comes from {named}, and has a value also where that is not reported");
    Diagnostic::warning("unguarded-source", message)
        .note("the source is optional: where it is absent, or its loads stopped, nobody knows the value, and zero would stand for it")
        .help(format!("tell it where it is known: CASE WHEN {asked} THEN … END AS {column}; or say of the source 'none_where_absent' 'true'"))
}

fn unready(column: &str, log: &str, days: u32) -> Diagnostic {
    let (window, number) = match days {
        SOME | WITHOUT_END => ("a window".to_owned(), "n".to_owned()),
        1 => ("a day".to_owned(), "1".to_owned()),
        days => (format!("{days} days"), days.to_string()),
    };
    let ready = format!("ready('{log}', {number}, as_of_date)");
    let message = format!(
        "`{column}` tells of {window} of raw.{log}, and has a value also where that reaches back before the log is complete"
    );
    let help = if days == WITHOUT_END {
        format!(
            "it is carried on from an earlier day: tell it where it is known on that day, last_value(CASE WHEN {ready} THEN … END), with the days of the window for n"
        )
    } else {
        format!("tell it where the window is whole: CASE WHEN {ready} THEN … END AS {column}")
    };
    Diagnostic::warning("unguarded-window", message)
        .note("a count of a part of a window is so many since then; a share, a mean or a growth of it is another number")
        .help(help)
}
