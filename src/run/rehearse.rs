//! All that a run plans, planned over tables without rows: what passes here, a run can run.

use std::sync::Arc;

use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;

use super::audits::BadRows;
use super::question::Question;
use super::stored::stored_rows;
use crate::check::Checked;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::day_window::WindowOptions;
use crate::engine::{Engine, Session, diagnose};
use crate::error::{Error, Result};
use crate::project::model::Kind;

/// What in a checked project a run could not plan.
///
/// # Errors
/// [`Error::Bug`] when the engine cannot be set up.
pub async fn rehearse(checked: &Checked, engine: &Engine) -> Result<Diagnostics> {
    let settings = &checked.pipeline.settings;
    let day = settings.history_starts;
    let bug = |error: DataFusionError| Error::Bug(diagnose::first_line(&error));
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
    Ok(found)
}

async fn refused(session: &Session, audit: &BadRows) -> Option<Diagnostic> {
    let error = physical(session, &audit.plan).await.err()?;
    let message = format!("{}: {}", audit.rule, diagnose::first_line(&error));
    Some(Diagnostic::error("plan", message).at(audit.location.clone()))
}

async fn physical(session: &Session, plan: &LogicalPlan) -> datafusion::error::Result<()> {
    session.state().create_physical_plan(plan).await.map(drop)
}
