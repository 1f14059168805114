//! One table: planned, computed and written into staging.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use datafusion::common::{DFSchema, internal_err};
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::sqlparser::ast::Query;
use futures::TryStreamExt;
use tracing::info_span;

use super::contracts::{check_text, place_in_contract};
use super::declared::within_look_back;
use super::look_back;
use super::parts;
use super::progress::watched;
use super::report::BuiltModel;
use super::stored::stored_rows;
use super::stretches::stretches;
use super::under_way::Build;
use crate::engine::diagnose::Failed;
use crate::engine::in_turn::InTurnExec;
use crate::engine::scans::rows_read;
use crate::engine::{Session, diagnose, ran_out};
use crate::error::Error;
use crate::project::model::{AS_OF_DATE, Model};
use crate::table::{StagedTable, TableSpec};

/// A table in staging, and what it took.
pub(super) struct Staged {
    pub(super) table: Arc<StagedTable>,
    pub(super) rows_read: u64,
    pub(super) memory: Option<u64>,
}

/// Why a table could not be staged.
pub(super) enum Attempt {
    Engine(DataFusionError),
    Other(Error),
}

impl Attempt {
    /// Whether for want of memory, which another way of computing may not need.
    pub(super) fn ran_out(&self) -> bool {
        matches!(self, Self::Engine(error) if ran_out(error))
    }
}

impl Build<'_> {
    /// Why a table could not be staged: where rows are at fault, which expression, of the model or of a view behind it.
    pub(super) async fn failed(&self, model: &Model, attempt: Attempt) -> Error {
        match attempt {
            Attempt::Engine(error) => {
                let (pipeline, failed) = (&self.checked.pipeline, Failed::model(model));
                let reads = pipeline.reads[&model.name].0.keys().cloned();
                diagnose::of_data(&self.session, pipeline, &failed, reads, &error).await
            }
            Attempt::Other(error) => error.placed(|problem| place_in_contract(model, &problem.message)),
        }
    }

    /// Plans, computes and writes one table.
    pub(super) async fn stage(
        &self,
        session: &Session,
        model: &Model,
        first: NaiveDate,
    ) -> Result<Staged, Attempt> {
        let plan = self.physical(session, model, first).await.map_err(Attempt::Engine)?;
        let phase = info_span!("models: contracts");
        let spec = self.spec(model).map_err(Attempt::Engine)?;
        drop(phase);
        let _phase = info_span!("models: computed and written");
        let (plan, parts) =
            parts::of_days(model, plan, session.context().task_ctx()).map_err(Attempt::Engine)?;
        // The writer speaks hale's errors; the engine's own is kept beside, since want of memory may be mended.
        let failure = Arc::new(Mutex::new(None));
        let parts = parts.into_iter().map(|rows| {
            let (name, failure) = (model.name.to_string(), Arc::clone(&failure));
            rows.map_err(move |error| {
                let shown = diagnose::of_run(&name, &error);
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                shown
            })
        });
        let written = self.staging.write(spec, parts.collect());
        let (written, memory) = watched(self.watch, &model.name, &plan, written).await;
        let failure = failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        let table = written.map_err(|error| failure.map_or(Attempt::Other(error), Attempt::Engine))?;
        Ok(Staged { table, rows_read: rows_read(&plan), memory })
    }

    async fn physical(
        &self,
        session: &Session,
        model: &Model,
        first: NaiveDate,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let Some(query) = model.query() else { return internal_err!("{} has no query", model.name) };
        let _phase = info_span!("models: planned");
        let session = session.for_model(model);
        let state = session.state();
        let days = first..=*self.request.days.end();
        let stretches = stretches(days.clone(), &self.rows_side_by_side(model), self.memory_limit);
        if stretches.len() > 1 {
            let rows = self.rows(&session, model, query, first).await?;
            let mut plans = Vec::with_capacity(stretches.len());
            for days in stretches {
                let plan = stored_rows(model, rows.clone(), days)?;
                plans.push(state.create_physical_plan(&plan).await?);
            }
            return Ok(Arc::new(InTurnExec::try_new(plans)?));
        }
        // Over stored tables alone the plan that told what is needed is the one to run.
        if let Some(plan) = self.decided.needed.plans.get(&model.name)
            && let Some(plan) = session.rebound(plan).await?
        {
            return state.query_planner().create_physical_plan(&plan, &state).await;
        }
        let plan = stored_rows(model, self.rows(&session, model, query, first).await?, days)?;
        let windows = self.decided.needed.windows.get(&model.name).copied().unwrap_or_default();
        if windows == 0 {
            return state.create_physical_plan(&plan).await;
        }
        let mut plan = state.optimize(&plan)?;
        for _ in 0..windows {
            plan = session.optimised(look_back::bounded(plan)?.data)?;
        }
        state.query_planner().create_physical_plan(&plan, &state).await
    }

    /// The rows of a model, as its query reads, within its declared look-back.
    async fn rows(
        &self,
        session: &Session,
        model: &Model,
        query: &Query,
        first: NaiveDate,
    ) -> EngineResult<LogicalPlan> {
        within_look_back(session.plan(query).await?, &self.checked.pipeline, model, first)
    }

    /// The rows of each table that a model reads day by day, as this run built them.
    fn rows_side_by_side(&self, model: &Model) -> Vec<u64> {
        let read = self.decided.needed.day_by_day.get(&model.name);
        let is_read = |built: &&BuiltModel| read.is_some_and(|read| read.contains(&built.name));
        self.models.iter().filter(is_read).map(|built| built.rows).collect()
    }

    /// What the writer has to know of a model.
    pub(super) fn spec(&self, model: &Model) -> EngineResult<TableSpec> {
        let schema = Arc::clone(&self.checked.schemas[&model.name]);
        let columns = DFSchema::try_from(Arc::clone(&schema))?;
        let state = self.session.state();
        let checks = model.contract.checks.iter().map(|check| {
            let condition = self.session.condition(&check.sql, &schema)?;
            Ok((check_text(&check.sql), state.create_physical_expr(condition, &columns)?))
        });
        let described = model.contract.columns.iter().filter(|column| !column.description.is_empty());
        Ok(TableSpec {
            layer: model.name.layer.name().to_owned(),
            name: model.name.table.clone(),
            not_null: model.contract.not_null(),
            primary_key: model.contract.primary_key.clone(),
            checks: checks.collect::<EngineResult<_>>()?,
            by_day: model.by_day().then(|| AS_OF_DATE.to_owned()),
            description: model.description.clone(),
            column_descriptions: described
                .map(|column| (column.name.clone(), column.description.clone()))
                .collect(),
            schema,
        })
    }
}
