//! The build itself: one model after the other into staging.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use chrono::{Days, NaiveDate};
use datafusion::error::DataFusionError;
use tracing::info_span;

use super::add_columns::other_columns;
use super::author::author;
use super::built::Built;
use super::decide::{Decided, decide};
use super::kept::from_kept_days;
use super::once::{Once, once};
use super::question::Question;
use super::report::{AddedColumns, Report};
use super::request::Request;
use super::stored::sort_key;
use super::under_way::Build;
use super::watch::{Event, Watch};
use crate::check::Checked;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::day_window::WindowOptions;
use crate::engine::landed::{self, Place};
use crate::engine::sources::{Horizon, Reading, parquet_folder, since};
use crate::engine::stored_days::day_table;
use crate::engine::{Engine, Session, diagnose};
use crate::error::{Error, Result};
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model};
use crate::project::reported::Reports;
use crate::store::Author;
use crate::table::{StagedTable, Staging};

/// Days of a log before those of a run that it reads at least: by these it tells whether days are unusual, or missing.
const LOG_DAYS: u64 = 90;

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
    let phase = info_span!("sessions");
    let session = Session::new(engine, settings, WindowOptions::default(), until);
    let session = session.map_err(|error| diagnose::of_run("setting up", &error))?;
    request.sources.register(engine.runtime());
    let out = request.out.storage();
    out.register(engine.runtime());
    let planning = Session::new(engine, settings, WindowOptions::default(), until);
    let planning = planning.map_err(|error| diagnose::of_run("setting up", &error))?;
    drop(phase);
    let decided = decide(checked, (engine, &planning), request).await?;
    from_kept_days(checked, request, &decided)?;
    let other_columns = other_columns(checked, request, &decided.selected).await?;
    if !request.from_published {
        landed::apart(&request.sources, out, checked.pipeline.models.iter())?;
    }
    let phase = info_span!("staging: begun");
    let staging = Staging::begin(out, engine.threads(), engine.runtime()).await?;
    drop(phase);
    let models = decided.needed.tables.keys().filter(|name| decided.scope.computes(name)).count();
    watch.saw(&Event::Begun { run_id: staging.run_id(), models });
    let once = computed_once(checked, &decided)?;
    let (models, copies, audits, warnings) = (Vec::new(), Vec::new(), 0, Diagnostics::new());
    let memory_limit = engine.memory_limit();
    let mut build = Build {
        checked,
        engine,
        request,
        watch,
        session,
        memory_limit,
        bytes: 0,
        staging,
        decided,
        once,
        copies,
        models,
        audits,
        warnings,
        reported: Reports::new(),
        other_columns,
        rewritten: BTreeMap::new(),
    };
    match build.all().await {
        Ok(()) => Ok(build.finish()),
        Err(error) => {
            let error = build.explained(error).await;
            Err(match build.staging.abort().await {
                Ok(()) => error,
                Err(second) => noted(error, &second),
            })
        }
    }
}

fn computed_once(checked: &Checked, decided: &Decided<'_>) -> Result<Once> {
    let computes = |name: &ModelName| {
        let is_stored = checked.pipeline.model(name).is_some_and(Model::is_stored);
        decided.scope.computes(name) && (!is_stored || decided.needed.built_from(name).is_some())
    };
    let asked = decided.scope.questions.iter().flat_map(Question::reads).collect();
    once(checked, &computes, &asked).map_err(|error| diagnose::of_run("planning", &error))
}

/// The first error, which is the cause, with a second one that came of cleaning up.
fn noted(error: Error, second: &Error) -> Error {
    let what = format!(
        "what was built could not be removed either: {}",
        second.to_string().lines().next().unwrap_or_default()
    );
    let with = |mut found: Diagnostics| {
        found.push(Diagnostic::warning("staging-left", what.clone()).help("the next run removes it"));
        found
    };
    match error {
        Error::Project(found) => Error::Project(with(found)),
        Error::Audit(found) => Error::Audit(with(found)),
        Error::NotReady { found, skip } => Error::NotReady { found: with(found), skip },
        Error::Usage(text) => Error::Usage(format!("{text}; {what}")),
        Error::Bug(text) => Error::Bug(format!("{text}; {what}")),
        Error::Transient(found) => Error::Transient(with(found)),
        Error::Interrupted(signal) => Error::Interrupted(signal),
    }
}

impl Build<'_> {
    async fn all(&mut self) -> Result<()> {
        self.register_sources().await?;
        let phase = info_span!("sources: reported as of");
        self.sources_ready().await?;
        self.history_known().await?;
        drop(phase);
        let started = Instant::now();
        self.audit_sources().await?;
        let mut auditing = started.elapsed();
        self.models().await?;
        let started = Instant::now();
        self.audit_tables().await?;
        auditing += started.elapsed();
        self.watch.saw(&Event::Audited { audits: self.audits, took: auditing });
        self.add_columns().await
    }

    /// Makes a published table readable as it is.
    pub(super) async fn reuse(&mut self, model: &Model) -> Result<()> {
        let Some(first) = self.decided.needed.first(&model.name) else { return Ok(()) };
        let days = first..=*self.request.days.end();
        let schema = &self.checked.schemas[&model.name];
        let table = self.decided.published.table(model, schema, days).await?;
        let entered = self.session.register(&model.name, table);
        entered.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))
    }

    async fn register_sources(&mut self) -> Result<()> {
        let _phase = info_span!("sources: listed");
        let settings = &self.checked.pipeline.settings;
        let reading = self.request.reading;
        let horizon = Horizon { day: *self.request.days.end(), zone: settings.time_zone, reading };
        for model in &self.checked.pipeline.models {
            let Kind::Source(source) = &model.kind else { continue };
            if !self.decided.scope.computes(&model.name) {
                continue;
            }
            let landed = landed::table(self.place(), model, source, Some(horizon)).await?;
            self.bytes += landed.bytes;
            let table = match self.log_from(&model.name) {
                Some(first) => since(first, settings.time_zone, source, landed.table),
                None => Ok(landed.table),
            };
            let entered = table.and_then(|table| self.session.register(&model.name, table));
            entered.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))?;
        }
        Ok(())
    }

    /// From which day on the rows of a log are read; `None` where all of them are.
    fn log_from(&self, source: &ModelName) -> Option<NaiveDate> {
        let log = ModelName::new(Layer::Dated, source.table.clone());
        let first = (*self.decided.needed.logs.get(&log)?)?;
        // So far back holes of a log, and days unlike those before, are looked for.
        let looked_at = self.request.days.start().checked_sub_days(Days::new(LOG_DAYS))?;
        Some(first.min(looked_at))
    }

    /// Where the sources lie.
    pub(super) fn place(&self) -> Place<'_> {
        let zone = self.checked.pipeline.settings.time_zone;
        Place { storage: &self.request.sources, engine: self.engine, zone }
    }

    /// An error with the files that are to blame for it, if any are.
    async fn explained(&self, error: Error) -> Error {
        let models = &self.checked.pipeline.models;
        let read = models.iter().filter(|model| self.decided.scope.computes(&model.name));
        landed::explained(self.place(), read, error).await
    }

    /// What is staged of a table.
    pub(super) fn staged_table(&self, name: &ModelName) -> Option<Arc<StagedTable>> {
        self.staging.tables().into_iter().find(|table| table.spec.to_string() == name.to_string())
    }

    /// Makes a table readable for the models that follow: what is staged of it, and the days that stand as published.
    pub(super) async fn readable(&mut self, model: &Model, staged: &StagedTable) -> Result<()> {
        let schema = Arc::clone(&self.checked.schemas[&model.name]);
        let table = if model.by_day() {
            let standing = self.decided.needed.tables.get(&model.name).map(|need| &need.standing);
            let mut days = match standing {
                Some(standing) => self.decided.published.days(model, standing).await?,
                None => Vec::new(),
            };
            let stands: BTreeSet<NaiveDate> = days.iter().map(|file| file.day).collect();
            days.extend(staged.days()?.into_iter().filter(|file| !stands.contains(&file.day)));
            day_table(&days, &schema, &sort_key(model))
        } else {
            parquet_folder(&staged.url, &schema)
        };
        let failed = |error: DataFusionError| diagnose::of_run(&model.name.to_string(), &error);
        self.session.register(&model.name, table.map_err(failed)?).map_err(failed)
    }

    /// The days of which rows of a table were staged.
    fn days_with_rows(&self, name: &ModelName) -> BTreeSet<NaiveDate> {
        let table = self.staged_table(name);
        table.iter().flat_map(|table| table.files.iter().filter_map(|file| file.day)).collect()
    }

    /// The further days of daily facts that were built, which are published with those asked for: before the history starts
    /// the first, which says that all were looked at, and those with any.
    fn facts(&self) -> BTreeMap<ModelName, BTreeSet<NaiveDate>> {
        let held = &self.request.out.commit().held;
        let mut facts = BTreeMap::new();
        if self.request.from_published || self.request.reading == Reading::AsKnown {
            return facts;
        }
        let starts = self.checked.pipeline.settings.history_starts;
        for name in self.checked.pipeline.facts().intersection(&self.decided.selected) {
            let Some(need) = self.decided.needed.tables.get(name) else { continue };
            let Some(first) = need.built_from else { continue };
            let with_rows = self.days_with_rows(name);
            let is_told = |day: &NaiveDate| *day >= starts || *day == first || with_rows.contains(day);
            // What this run read as published stays so.
            let is_free = |day: &NaiveDate| !need.standing.contains(day) && !held.contains_key(day);
            let days = first.iter_days().take_while(|day| day < self.request.days.start());
            facts.insert(name.clone(), days.filter(|day| is_told(day) && is_free(day)).collect());
        }
        facts
    }

    fn finish(self) -> Built {
        let facts = self.facts();
        let run_id = self.staging.run_id().to_owned();
        let report = Report {
            run_id,
            models: self.models,
            once: self.copies.iter().map(|(name, copied)| (name.clone(), copied.rows_read)).collect(),
            as_published: self.decided.published.days_read(),
            audits: self.audits,
            left_out: self.decided.scope.left_out,
            older: self.decided.older,
            warnings: self.warnings,
            reported: self.reported,
            tables: Vec::new(),
            added_columns: self.other_columns.iter().map(AddedColumns::from).collect(),
            commit: None,
        };
        let pipeline = &self.checked.pipeline;
        // Scores that are made of metrics of another definition are not what this one means.
        let is_known = !self.request.from_published || self.decided.published.is_of_now(&self.request.keys);
        let keys = if is_known { self.request.keys.clone() } else { BTreeMap::new() };
        let author = Author {
            why: self.request.why.clone(),
            rescored: self.request.from_published,
            keys,
            sources: self.request.told.clone(),
            look_backs: self.decided.needed.look_backs,
            ..author(pipeline)
        };
        Built {
            staging: self.staging,
            base: Arc::clone(&self.request.out),
            days: self.request.free_days(),
            facts,
            rewritten: self.rewritten,
            read: self.decided.published.read(),
            author,
            report,
        }
    }
}
