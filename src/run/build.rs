//! The build itself: one model after the other into staging.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use datafusion::common::{DFSchema, internal_err};
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::physical_plan::ExecutionPlan;
use futures::TryStreamExt;

use super::audits::{self, BadRows};
use super::needed::{self, Needed};
use super::parts;
use super::progress::{rows_read, watched};
use super::request::Request;
use super::reuse::{self, Parts};
use super::stored::{sort_key, stored_rows};
use super::stretches::stretches;
use super::watch::{Event, Watch};
use crate::check::Checked;
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::engine::day_window::{WindowMode, WindowOptions};
use crate::engine::in_turn::InTurnExec;
use crate::engine::sources::{Horizon, parquet_files, parquet_folder, source_table};
use crate::engine::stored_days::day_table;
use crate::engine::{Engine, Session, diagnose};
use crate::error::{Error, Result};
use crate::project::layer::ModelName;
use crate::project::model::{AS_OF_DATE, Kind, Model};
use crate::publish::{Finding, PublishedTable, Rule, StagedTable, Staging, TableSpec};

/// A run that is staged and audited; nothing of it is visible yet. Dropped, it leaves nothing behind.
pub struct Built {
    staging: Staging,
    days: std::ops::RangeInclusive<NaiveDate>,
    report: Report,
}

/// What a run did.
#[derive(Debug, Clone)]
pub struct Report {
    /// Names the run.
    pub run_id: String,
    /// Each model that was built, in order.
    pub models: Vec<BuiltModel>,
    /// Audits that ran as queries and passed (those in the stream of a table are part of building it).
    pub audits: usize,
    /// What became visible, table by table.
    pub tables: Vec<PublishedTable>,
}

impl Report {
    /// Files written or replaced.
    pub fn files_written(&self) -> usize {
        self.tables.iter().map(|table| table.written).sum()
    }

    /// Files that were published before, byte for byte.
    pub fn files_unchanged(&self) -> usize {
        self.tables.iter().map(|table| table.unchanged).sum()
    }
}

/// What was built of one model.
#[derive(Debug, Clone)]
pub struct BuiltModel {
    /// The model.
    pub name: ModelName,
    /// Rows read from files: of sources and of stored tables, what pruning left out not among them.
    pub rows_read: u64,
    /// Rows staged, those of days that only other models look back to included.
    pub rows: u64,
    /// Bytes of Parquet.
    pub bytes: u64,
    /// Wall time.
    pub took: Duration,
    /// The most memory that the process was seen to hold meanwhile, in bytes, where the system tells.
    pub memory: Option<u64>,
    /// Whether it is published, or was only built for others to read.
    pub published: bool,
}

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

/// A table in staging, and what it took.
struct Staged {
    table: Arc<StagedTable>,
    rows_read: u64,
    memory: Option<u64>,
}

struct Build<'a> {
    checked: &'a Checked,
    request: &'a Request,
    watch: &'a dyn Watch,
    session: Session,
    memory_limit: usize,
    staging: Staging,
    parts: Parts,
    needed: Needed,
    models: Vec<BuiltModel>,
    audits: usize,
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

    /// Contracts of the sources that this run reads.
    async fn audit_sources(&mut self) -> Result<()> {
        let pipeline = &self.checked.pipeline;
        let computed = self.needed.first_days.keys().filter(|name| self.parts.planned.contains(name));
        let read = pipeline.with_upstream(computed.cloned());
        let mut audits = Vec::new();
        for model in pipeline
            .models
            .iter()
            .filter(|model| matches!(model.kind, Kind::Source(_)) && read.contains(&model.name))
            .filter(|model| self.parts.planned.contains(&model.name))
        {
            audits.extend(self.contract_audits(model).await?);
        }
        self.audits += audits::run_all(&self.session, audits).await?;
        Ok(())
    }

    /// What the streams could not audit, over what is staged.
    async fn audit_tables(&mut self) -> Result<()> {
        let pipeline = &self.checked.pipeline;
        let mut audits = Vec::new();
        let computed = |model: &&Model| self.is_computed(&model.name);
        for model in pipeline.models.iter().filter(computed) {
            audits.extend(self.contract_audits(model).await?);
        }
        for audit in pipeline.audits.iter().filter(|audit| self.is_built(audit.reads.0.keys())) {
            let planned = BadRows::of_file(&self.session, audit).await;
            audits.push(planned.map_err(|error| diagnose::of_run(&audit.name, &error))?);
        }
        self.audits += audits::run_all(&self.session, audits).await?;
        Ok(())
    }

    /// Whether a stored table is computed by this run.
    fn is_computed(&self, name: &ModelName) -> bool {
        self.needed.first_days.contains_key(name) && self.parts.planned.contains(name)
    }

    /// Whether every stored table among these is part of the run, and at least one is; nothing else may be read.
    fn is_built<'n>(&self, names: impl Iterator<Item = &'n ModelName>) -> bool {
        let names: Vec<&ModelName> = names.collect();
        let known =
            |name: &&&ModelName| self.parts.planned.contains(name) || self.parts.reused.contains(name);
        if names.iter().filter(known).count() < names.len() {
            return false;
        }
        let stored =
            names.iter().filter(|name| self.checked.pipeline.model(name).is_some_and(Model::is_stored));
        let built: Vec<bool> = stored.map(|name| self.needed.first_days.contains_key(name)).collect();
        !built.is_empty() && built.iter().all(|built| *built)
    }

    async fn contract_audits(&self, model: &Model) -> Result<Vec<BadRows>> {
        let name = model.name.to_string();
        let failed = |error: DataFusionError| diagnose::of_run(&name, &error);
        let rows = self.session.scan(&model.name).await.map_err(failed)?;
        let mut targets = BTreeMap::new();
        for reference in &model.contract.references {
            let target = self.session.scan(&reference.target).await.map_err(failed)?;
            targets.insert(reference.target.to_string(), target);
        }
        BadRows::of_contract(&self.session, model, &rows, &|target| targets.get(target).cloned())
            .map_err(failed)
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

    /// Plans, computes and writes one table.
    async fn stage(&self, session: &Session, model: &Model, first: NaiveDate) -> Result<Staged, Attempt> {
        let plan = self.physical(session, model, first).await.map_err(Attempt::of)?;
        let spec = self.spec(model).map_err(Attempt::of)?;
        let (plan, parts) = parts::of_days(model, plan, session.context().task_ctx()).map_err(Attempt::of)?;
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
        let table = written.map_err(|error| failure.map_or(Attempt::Other(error), Attempt::of))?;
        Ok(Staged { table, rows_read: rows_read(&plan), memory })
    }

    async fn physical(
        &self,
        session: &Session,
        model: &Model,
        first: NaiveDate,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let Some(query) = model.query() else { return internal_err!("{} has no query", model.name) };
        let session = session.for_model(model);
        let state = session.state();
        let days = first..=*self.request.days.end();
        let stretches = stretches(days.clone(), &self.rows_side_by_side(model), self.memory_limit);
        if stretches.len() > 1 {
            let rows = session.plan(query).await?;
            let mut plans = Vec::with_capacity(stretches.len());
            for days in stretches {
                let plan = stored_rows(model, rows.clone(), days)?;
                plans.push(state.create_physical_plan(&plan).await?);
            }
            return Ok(Arc::new(InTurnExec::try_new(plans)?));
        }
        // Over stored tables alone the plan that told what is needed is the one to run.
        if let Some(plan) = self.needed.plans.get(&model.name)
            && let Some(plan) = session.rebound(plan).await?
        {
            return state.query_planner().create_physical_plan(&plan, &state).await;
        }
        let plan = stored_rows(model, session.plan(query).await?, days)?;
        state.create_physical_plan(&plan).await
    }

    /// The rows of each table that a model reads day by day, as this run built them.
    fn rows_side_by_side(&self, model: &Model) -> Vec<u64> {
        let read = self.needed.day_by_day.get(&model.name);
        let is_read = |built: &&BuiltModel| read.is_some_and(|read| read.contains(&built.name));
        self.models.iter().filter(is_read).map(|built| built.rows).collect()
    }

    fn spec(&self, model: &Model) -> EngineResult<TableSpec> {
        let schema = Arc::clone(&self.checked.schemas[&model.name]);
        let columns = DFSchema::try_from(Arc::clone(&schema))?;
        let state = self.session.state();
        let checks = model.contract.checks.iter().map(|check| {
            let condition = state.create_logical_expr(&check.sql, &columns)?;
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

impl Built {
    /// Makes the staged days visible, then removes staging.
    ///
    /// # Errors
    /// [`Error::Transient`] when storage fails half way; running the same command again completes it.
    pub async fn publish(self, watch: &dyn Watch) -> Result<Report> {
        let wanted = |spec: &TableSpec| {
            self.report
                .models
                .iter()
                .any(|model| model.published && model.name.to_string() == spec.to_string())
        };
        let published = self.staging.publish_of(self.days.clone(), wanted).await?;
        let report = Report { tables: published.tables, ..self.report };
        watch.saw(&Event::Published { files: report.files_written(), unchanged: report.files_unchanged() });
        Ok(report)
    }

    /// Gives up what was built.
    ///
    /// # Errors
    /// When staging cannot be removed.
    pub async fn abort(self) -> Result<()> {
        self.staging.abort().await
    }
}

/// Why a table could not be staged: for want of memory, which another way of computing may not need, or otherwise.
enum Attempt {
    Memory(DataFusionError),
    Engine(DataFusionError),
    Other(Error),
}

impl Attempt {
    fn of(error: DataFusionError) -> Self {
        if matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)) {
            Self::Memory(error)
        } else {
            Self::Engine(error)
        }
    }

    fn into_error(self, model: &ModelName) -> Error {
        match self {
            Self::Memory(error) | Self::Engine(error) => diagnose::of_run(&model.to_string(), &error),
            Self::Other(error) => error,
        }
    }
}

/// What the stream's audits found, each rule at its place in the contract.
fn broken(model: &Model, findings: &[Finding]) -> Diagnostics {
    let place = |finding: &Finding| match &finding.rule {
        Rule::NotNull { column } | Rule::Finite { column } | Rule::Lossless { column, .. } => {
            model.contract.column(column).map(|column| column.location.clone())
        }
        Rule::Check { text } => {
            let declared = model.contract.checks.iter().find(|check| check_text(&check.sql) == *text);
            declared.map(|check| check.location.clone())
        }
        Rule::PrimaryKey { .. } => None,
    };
    let diagnostic = |finding: &Finding| {
        let rows = if finding.rows == 1 { "1 row".to_owned() } else { format!("{} rows", finding.rows) };
        let message = format!("{}: {} is broken by {rows}", model.name, finding.rule);
        let at = place(finding).unwrap_or_else(|| Location::whole(&model.file));
        let failed = Diagnostic::error("audit", message).at(at);
        finding.samples.iter().fold(failed, |failed, sample| failed.note(sample.to_string()))
    };
    findings.iter().map(diagnostic).collect()
}

fn check_text(sql: &str) -> String {
    format!("CHECK ({sql})")
}
