//! An error that data bring about, as a diagnostic in the statement whose expression it is.

use std::collections::BTreeSet;

use datafusion::common::TableReference;
use datafusion::error::DataFusionError;

use super::fault::{BEYOND_REACH, Fault};
use super::place;
use super::planning::of_plan;
use super::run::of_run;
use super::statement::Failed;
use super::subquery::{has_subquery, is_of_planning, unanswerable};
use super::text::{beginning, named_in};
use super::trial::{Culprit, Keys, culprit};
use crate::diagnostic::{Diagnostic, Location};
use crate::engine::Session;
use crate::error::Error;
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;

/// An error while a query was computed in a session. Where rows are at fault the expression is looked for: first in the
/// views that the query reads, in the order in which rows flow through them, then in the query itself.
pub async fn of_data(
    session: &Session,
    pipeline: &Pipeline,
    failed: &Failed<'_>,
    reads: impl IntoIterator<Item = ModelName>,
    error: &DataFusionError,
) -> Error {
    // Only planning tells of a statement in the engine's own diagnostics.
    if error.diagnostic().is_some() && failed.query.is_some() {
        return Error::Project(of_plan(failed, error).into());
    }
    let otherwise = || match failed.query {
        Some(query) if is_of_planning(error) && has_subquery(query) => {
            Error::Project(unanswerable(failed, error).into())
        }
        _ => placed(failed, of_run(&failed.name, error)),
    };
    let Some(fault) = Fault::of(error) else { return otherwise() };
    let keys = |table: &TableReference| {
        let name = ModelName::parse(&table.to_string());
        let model = name.and_then(|name| pipeline.model(&name));
        model.map_or_else(Vec::new, |model| model.contract.primary_key.clone())
    };
    let upstream = views_behind(session, pipeline, reads).await;
    for model in pipeline.models.iter().filter(|model| upstream.contains(&model.name)) {
        if let Some(found) = of_query(session, &Failed::model(model), fault, &keys).await {
            let met = format!("met while {} was computed, which reads it", failed.name);
            return Error::Project(found.note(met).into());
        }
    }
    match of_query(session, failed, fault, &keys).await {
        Some(found) => Error::Project(found.into()),
        None if fault == Fault::Reach => Error::Project(beyond_reach(failed).into()),
        None => otherwise(),
    }
}

/// An instant that nanoseconds do not reach, in a call whose argument reaches it only as the session counts.
fn beyond_reach(failed: &Failed<'_>) -> Diagnostic {
    const CALLS: [&str; 2] = ["date_trunc", "date_bin"];
    let text = failed.file.text.to_lowercase();
    let call = CALLS.iter().find_map(|call| Some((*call, text.find(call)?)));
    let (name, at) =
        call.map_or((CALLS[0], beginning(&failed.file.text)), |(call, at)| (call, at..at + call.len()));
    let reach = "reaches from the year 1678 to 2261, and an instant lies beyond";
    Diagnostic::error(Fault::Reach.code(), format!("{}: {name} {reach}", failed.name))
        .at(failed.locate(at))
        .help(BEYOND_REACH)
}

/// An error with the place of what its message names in the query, where it has none.
fn placed(failed: &Failed<'_>, error: Error) -> Error {
    if failed.query.is_none() {
        return error;
    }
    let text = &failed.file.text;
    error.placed(|problem| failed.locate(named_in(&problem.message, text).unwrap_or_else(|| beginning(text))))
}

/// The models that are computed where they are read, behind some and with them.
async fn views_behind(
    session: &Session,
    pipeline: &Pipeline,
    names: impl IntoIterator<Item = ModelName>,
) -> BTreeSet<ModelName> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<ModelName> = names.into_iter().collect();
    while let Some(name) = waiting.pop() {
        let reference = TableReference::partial(name.layer.name(), name.table.as_str());
        let table = session.context().table_provider(reference).await;
        if table.is_ok_and(|table| table.get_logical_plan().is_some()) && found.insert(name.clone()) {
            waiting.extend(pipeline.reads.get(&name).into_iter().flat_map(|reads| reads.0.keys().cloned()));
        }
    }
    found
}

/// The expression of one query that rows make fail, if it is one of this query's own.
async fn of_query(
    session: &Session,
    failed: &Failed<'_>,
    fault: Fault,
    keys: Keys<'_>,
) -> Option<Diagnostic> {
    let plan = match (failed.query, failed.rule) {
        (Some(query), _) => session.plan(query).await.ok()?,
        (None, rule) => rule?.clone(),
    };
    let Culprit { expression, error, rows, more } = culprit(session, &plan, fault, keys).await?;
    let place = failed.query.and_then(|query| place::of(query, failed.file, &expression));
    let at = match (&place, failed.query) {
        (Some(place), _) => Some(failed.locate(place.bytes.clone())),
        (None, Some(_)) => Some(
            place::of_column(failed.file, &expression)
                .map_or_else(|| Location::whole(failed.file), |column| failed.locate(column)),
        ),
        // Where a rule stands, its contract knows.
        (None, None) => None,
    };
    let written = place.as_ref().map(|place| &place.written);
    let message = format!("{}: {}", failed.name, fault.said(&expression, written, &error));
    let found = Diagnostic::error(fault.code(), message);
    let mut found = at.into_iter().fold(found, Diagnostic::at);
    for row in rows {
        found = found.note(format!("in the row {row}"));
    }
    if more {
        found = found.note("and in more rows, which are not shown");
    }
    Some(found.help(fault.help(&expression, written)))
}
