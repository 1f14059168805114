//! The build itself: one model after the other into staging.

use std::time::Instant;

use chrono::NaiveDate;
use datafusion::error::DataFusionError;

use super::built::Built;
use super::contracts::broken;
use super::needed::{self, Needed};
use super::report::{BuiltModel, Report};
use super::request::Request;
use super::reuse::{self, Parts};
use super::stage::{Attempt, Staged};
use super::stored::sort_key;
use super::watch::{Event, Watch};
use crate::check::Checked;
use crate::engine::day_window::{WindowMode, WindowOptions};
use crate::engine::sources::{Horizon, parquet_files, parquet_folder, source_table};
use crate::engine::stored_days::day_table;
use crate::engine::{Engine, Session, diagnose};
use crate::error::{Error, Result};
use crate::project::model::{Kind, Model};
use crate::publish::{StagedTable, Staging};

/// Builds and audits the selected models and all that they need, in staging.
///
/// # Errors
/// [`Error::Audit`] when what was built breaks a contract, [`Error::Project`] when it cannot be computed,
/// [`Error::Transient`] when storage fails. Nothing stays behind.
pub async fn build(
    checked: &Checked,
    engine: &Engine,
    request: &Request,
    watch: &dyn Watch,
) -> Result<Built> {
    let settings = &checked.pipeline.settings;
    let until = *request.days.end();
    let session = Session::new(engine, settings, WindowOptions::default(), until);
    let session = session.map_err(|error| diagnose::of_run("setting up", &error))?;
    request.sources.register(engine.runtime());
    request.out.register(engine.runtime());
    let parts = Parts::of(&checked.pipeline, request)?;
    let needed = needed::needed(checked, &session, request, &parts).await;
    let needed = needed.map_err(|error| diagnose::of_run("planning", &error))?;
    let staging = Staging::begin(&request.out, engine.threads(), engine.runtime()).await?;
    let models = needed.first_days.len()
        - parts.reused.iter().filter(|name| needed.first_days.contains_key(name)).count();
    watch.saw(&Event::Begun { run_id: staging.run_id(), models });
    let (models, audits) = (Vec::new(), 0);
    let memory_limit = engine.memory_limit();
    let mut build =
        Build { checked, request, watch, session, memory_limit, staging, parts, needed, models, audits };
    match build.all().await {
        Ok(()) => Ok(build.finish()),
        Err(error) => {
            build.staging.abort().await?;
            Err(error)
        }
    }
}

/// A run under way.
pub(super) struct Build<'a> {
    pub(super) checked: &'a Checked,
    pub(super) request: &'a Request,
    pub(super) watch: &'a dyn Watch,
    pub(super) session: Session,
    pub(super) memory_limit: usize,
    pub(super) staging: Staging,
    pub(super) parts: Parts,
    pub(super) needed: Needed,
    pub(super) models: Vec<BuiltModel>,
    pub(super) audits: usize,
}

impl Build<'_> {
    async fn all(&mut self) -> Result<()> {
        self.register_sources().await?;
        let started = Instant::now();
        self.audit_sources().await?;
        let mut auditing = started.elapsed();
        for model in &self.checked.pipeline.models {
            if self.parts.reused.contains(&model.name) {
                self.reuse(model).await?;
                continue;
            }
            if !self.parts.planned.contains(&model.name) {
                continue;
            }
            match &model.kind {
                Kind::Source(_) => {}
                Kind::View(query) => {
                    let planned = self.session.plan(query).await;
                    let entered = planned.and_then(|plan| self.session.register_view(&model.name, plan));
                    entered.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))?;
                }
                Kind::Table(..) => {
                    if let Some(first) = self.needed.first_days.get(&model.name).copied() {
                        self.table(model, first).await?;
                    }
                }
            }
        }
        let started = Instant::now();
        self.audit_tables().await?;
        auditing += started.elapsed();
        self.watch.saw(&Event::Audited { audits: self.audits, took: auditing });
        Ok(())
    }

    /// Makes a published table readable as it is.
    async fn reuse(&self, model: &Model) -> Result<()> {
        let first = self.needed.first_days.get(&model.name).copied().unwrap_or(*self.request.days.start());
        let table = reuse::table(model, &self.checked.schemas[&model.name], first, self.request).await?;
        let entered = self.session.register(&model.name, table);
        entered.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))
    }

    async fn register_sources(&self) -> Result<()> {
        let settings = &self.checked.pipeline.settings;
        let horizon = Horizon { day: *self.request.days.end(), zone: settings.time_zone };
        for model in &self.checked.pipeline.models {
            let Kind::Source(source) = &model.kind else { continue };
            if !self.parts.planned.contains(&model.name) {
                continue;
            }
            let files = parquet_files(&self.request.sources, source).await?;
            let table = source_table(
                source,
                &self.checked.schemas[&model.name],
                &files,
                &self.request.sources,
                horizon,
            );
            let entered = table.and_then(|table| self.session.register(&model.name, table));
            entered.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))?;
        }
        Ok(())
    }

    /// Builds one table into staging and makes it readable for those that follow.
    async fn table(&mut self, model: &Model, first: NaiveDate) -> Result<()> {
        self.watch.saw(&Event::Building { model: &model.name });
        let started = Instant::now();
        let staged = match self.stage(&self.session, model, first).await {
            Err(Attempt::Memory(_)) => {
                // Windows held in memory did not fit; sorted ones hold one account and let the sort spill.
                let frugal = self.session.with_windows(WindowOptions { window_mode: WindowMode::Sorted });
                self.stage(&frugal, model, first).await
            }
            other => other,
        };
        let Staged { table: staged, rows_read, memory } =
            staged.map_err(|attempt| attempt.into_error(&model.name))?;
        if !staged.findings.is_empty() {
            return Err(Error::Audit(broken(model, &staged.findings)));
        }
        self.enter(model, &staged).await?;
        let built = BuiltModel {
            name: model.name.clone(),
            rows_read,
            rows: staged.rows(),
            bytes: staged.bytes(),
            took: started.elapsed(),
            memory,
            published: self.request.selection.0.contains(&model.name),
        };
        self.watch.saw(&Event::Built {
            model: &model.name,
            rows_read,
            rows: built.rows,
            bytes: built.bytes,
            took: built.took,
            memory,
        });
        self.models.push(built);
        Ok(())
    }

    /// Makes a staged table readable for the models that follow.
    async fn enter(&self, model: &Model, staged: &StagedTable) -> Result<()> {
        let failed = |error: DataFusionError| diagnose::of_run(&model.name.to_string(), &error);
        let schema = &self.checked.schemas[&model.name];
        let table = if model.by_day() {
            day_table(&staged.days()?, schema, &sort_key(model))
        } else {
            parquet_folder(&staged.url, schema)
        };
        self.session.register(&model.name, table.map_err(failed)?).map_err(failed)
    }

    fn finish(self) -> Built {
        let run_id = self.staging.run_id().to_owned();
        let report = Report { run_id, models: self.models, audits: self.audits, tables: Vec::new() };
        Built { staging: self.staging, days: self.request.days.clone(), report }
    }
}
