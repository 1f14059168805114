//! All that a run plans, planned over tables without rows: what passes here, a run can run.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::Days;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;

use super::audits::BadRows;
use super::needed::Search;
use super::question::Question;
use super::scope::Scope;
use super::standing::Standing;
use super::stored::stored_rows;
use crate::check::Checked;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::day_window::WindowOptions;
use crate::engine::{Engine, Session, diagnose};
use crate::error::{Error, Result};
use crate::project::layer::ModelName;
use crate::project::model::{Kind, Model};

/// What in a checked project a run could not plan; warnings of what it would do in vain.
///
/// # Errors
/// [`Error::Bug`] when the engine cannot be set up.
pub async fn rehearse(checked: &Checked, engine: &Engine) -> Result<Diagnostics> {
    let settings = &checked.pipeline.settings;
    let day = settings.history_starts;
    let session = Session::new(engine, settings, WindowOptions::default(), day).map_err(bug)?;
    for model in &checked.pipeline.models {
        let schema = Arc::clone(&checked.schemas[&model.name]);
        let entered = match &model.kind {
            Kind::View(query) => {
                let plan = session.plan(query).await.map_err(bug)?;
                session.register_view(&model.name, plan)
            }
            Kind::Source(_) | Kind::Table(..) => {
                session.register(&model.name, Arc::new(EmptyTable::new(schema)))
            }
        };
        entered.map_err(bug)?;
    }
    let mut found = Diagnostics::new();
    for model in &checked.pipeline.models {
        if let Some(plan) = checked.plans.get(&model.name)
            && let Some(plan) = session.rebound(plan).await.map_err(bug)?
        {
            let planned = match stored_rows(model, plan, day..=day) {
                Ok(plan) => physical(&session.for_model(model), &plan).await,
                Err(error) => Err(error),
            };
            found.extend(planned.err().map(|error| diagnose::of_model(model, &error)));
        }
        if matches!(model.kind, Kind::View(_)) {
            continue;
        }
        let rows = session.scan(&model.name).await.map_err(bug)?;
        let audits = BadRows::of_contract(&session, model, &rows);
        for audit in audits.map_err(bug)? {
            found.extend(refused(&session, &audit).await);
        }
    }
    for question in Question::all(&checked.pipeline) {
        let asked = question.bad_rows(&session, &(day..=day)).await.map_err(bug)?;
        found.extend(refused(&session, &asked).await);
    }
    found.extend(without_end(checked, engine).await?);
    Ok(found)
}

/// Warnings of questions for which every run, however few days it is asked for, builds all of history.
async fn without_end(checked: &Checked, engine: &Engine) -> Result<Diagnostics> {
    let pipeline = &checked.pipeline;
    let history_starts = pipeline.settings.history_starts;
    let Some(day) = history_starts.checked_add_days(Days::new(1000)) else { return Ok(Diagnostics::new()) };
    let session = Session::new(engine, &pipeline.settings, WindowOptions::default(), day).map_err(bug)?;
    let mut search = Search::new(checked, &session, day..=day).await.map_err(bug)?;
    let (scope, nothing) = (Scope::default(), BTreeSet::new());
    let mut found = Diagnostics::new();
    for question in Question::all(pipeline) {
        let needed = search.needed(&scope, &nothing, &[question], Standing::Nothing).await?;
        let is_whole_history = |name: &&ModelName| {
            pipeline.model(name).is_some_and(Model::by_day) && needed.first(name) == Some(history_starts)
        };
        let tables: Vec<String> =
            needed.tables.keys().filter(is_whole_history).map(ToString::to_string).collect();
        if !tables.is_empty() {
            let message = format!("{question} reads all days of {}", tables.join(", "));
            let warning = Diagnostic::warning("audit-of-all-days", message).at(question.location());
            found.push(warning.note("so every run builds all of them, for this alone").help(
                match question {
                    Question::Audit(_) => {
                        "give as_of_date in its columns: it is then asked for the days of the run"
                    }
                    Question::Reference(..) | Question::Expected(_) => {
                        "name as_of_date in the key, here and there"
                    }
                },
            ));
        }
    }
    Ok(found)
}

/// That what was checked does not plan.
fn bug(error: DataFusionError) -> Error {
    Error::Bug(diagnose::first_line(&error))
}

async fn refused(session: &Session, audit: &BadRows) -> Option<Diagnostic> {
    let error = physical(session, &audit.plan).await.err()?;
    let message = format!("{}: {}", audit.rule, diagnose::first_line(&error));
    Some(Diagnostic::error("plan", message).at(audit.location.clone()))
}

async fn physical(session: &Session, plan: &LogicalPlan) -> datafusion::error::Result<()> {
    session.state().create_physical_plan(plan).await.map(drop)
}
