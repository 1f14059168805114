//! Plans every model on empty sources and reports every problem of a pass.
//!
//! No data is read: `check` looks at the project, and at the footers of the sources' Parquet.

mod at_zero;
mod calls;
mod components;
mod conditions;
mod contract;
mod guards;
pub(crate) mod lineage;
pub(crate) mod lints;
mod of_now;
pub(crate) mod quotients;
mod silence;
mod subqueries;
pub(crate) mod text;
mod tiers;
mod widened;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::TableReference;
use datafusion::datasource::empty::EmptyTable;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::Query;
use tracing::info_span;

use self::calls::Functions;
use self::text::Text;
use self::tiers::Tiers;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, Severity, SourceFile};
use crate::engine::day_window::WindowOptions;
use crate::engine::diagnose::Failed;
use crate::engine::landed::{Found, Place, held, location_of, look};
use crate::engine::{Engine, Session, diagnose};
use crate::pipeline::{Audit, CALENDAR_DAYS, Pipeline};
use crate::project::layer::{CALENDAR, Layer, ModelName};
use crate::project::model::{Kind, Model};
use crate::project::{ready, reported};
use crate::storage::Storage;

/// A pipeline in which every model plans, keeps to its contract and is free of known traps.
#[derive(Debug)]
pub struct Checked {
    /// What was checked.
    pub pipeline: Pipeline,
    /// The columns of each model: declared for sources and tables, inferred for views. All nullable.
    pub schemas: BTreeMap<ModelName, SchemaRef>,
    /// What is worth knowing but stops nothing.
    pub warnings: Diagnostics,
    /// The plan of each stored model, over tables without rows: views put in, types settled.
    pub(crate) plans: BTreeMap<ModelName, LogicalPlan>,
    /// The plan of each view and stored table as it reads: views stand in it by their names.
    pub(crate) as_read: BTreeMap<ModelName, LogicalPlan>,
}

impl Checked {
    /// Of each model the columns that are approximate on earlier days, because they come from what a source says of now
    /// alone (kind `current`): each with these columns, by source and name.
    pub fn of_now(&self) -> BTreeMap<ModelName, BTreeMap<String, BTreeSet<(String, String)>>> {
        of_now::of_now(self)
    }
}

/// Plans every model; with `sources`, also looks at their files.
///
/// # Errors
/// Every problem found: [`crate::error::Error::Project`], or [`crate::error::Error::NotReady`] where only files of sources are not
/// there or cannot be read; [`crate::error::Error::Transient`] where storage cannot be reached.
pub async fn check(
    pipeline: Pipeline,
    engine: &Engine,
    sources: Option<&Storage>,
) -> crate::error::Result<Checked> {
    let (checked, found) = as_far_as_sound(pipeline, engine, sources).await?;
    Ok(Checked { warnings: found.into_result()?, ..checked })
}

/// As [`check()`], with what stands beside what is wrong: models that do not plan, and those that read them, have no
/// columns.
///
/// # Errors
/// [`crate::error::Error::Transient`] where storage cannot be reached.
pub(crate) async fn as_far_as_sound(
    pipeline: Pipeline,
    engine: &Engine,
    sources: Option<&Storage>,
) -> crate::error::Result<(Checked, Found)> {
    let day = pipeline.settings.history_starts;
    let session = Session::new(engine, &pipeline.settings, WindowOptions::default(), day)
        .map_err(|error| crate::error::Error::Bug(diagnose::first_line(&error)))?;
    let found = pipeline.semantics.warnings.clone();
    let (schemas, plans, as_read) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let functions = Functions::of(&session);
    let (open, failed, not_ready) = (BTreeSet::new(), BTreeSet::new(), Diagnostics::new());
    let keys = pipeline.models.iter().map(|model| (model.name.clone(), model.contract.primary_key.clone()));
    let keys = keys.collect();
    let tiers = Tiers::of(&pipeline);
    let mut pass =
        Pass { session, functions, schemas, plans, as_read, keys, open, tiers, failed, found, not_ready };
    for model in &pipeline.models {
        if pipeline.reads[&model.name].0.keys().any(|read| pass.failed.contains(read)) {
            // What it reads is already reported; its own errors would only repeat that.
            pass.failed.insert(model.name.clone());
            continue;
        }
        let before = pass.found.len();
        pass.model(model, &pipeline).await;
        if pass.found.iter().skip(before).any(|problem| problem.severity == Severity::Error) {
            pass.failed.insert(model.name.clone());
        }
    }
    for model in &pipeline.models {
        pass.references(model);
    }
    let phase = info_span!("check: components");
    pass.components(&pipeline).await;
    drop(phase);
    let phase = info_span!("check: guards");
    pass.found.extend(guards::unguarded(&pipeline, &pass.as_read));
    drop(phase);
    pass.scorecards(&pipeline);
    for audit in &pipeline.audits {
        if !audit.reads.0.keys().any(|read| pass.failed.contains(read)) {
            pass.audit(audit, &pipeline).await;
        }
    }
    if let Some(storage) = sources {
        let _phase = info_span!("check: footers of sources");
        pass.sources(&pipeline, Place { storage, engine, zone: pipeline.settings.time_zone }).await?;
    }
    let Pass { schemas, plans, as_read, found, not_ready, .. } = pass;
    let checked = Checked { pipeline, schemas, warnings: Diagnostics::new(), plans, as_read };
    Ok((checked, Found { wrong: found.distinct(), not_ready }))
}

struct Pass {
    session: Session,
    functions: Functions,
    schemas: BTreeMap<ModelName, SchemaRef>,
    plans: BTreeMap<ModelName, LogicalPlan>,
    as_read: BTreeMap<ModelName, LogicalPlan>,
    /// The primary keys of the models before.
    keys: BTreeMap<ModelName, Vec<String>>,
    /// The models whose `day_after` is NULL while a row still counts: dated relations, and what hands theirs on.
    open: BTreeSet<ModelName>,
    tiers: Tiers,
    failed: BTreeSet<ModelName>,
    found: Diagnostics,
    /// Files of sources that are not there yet, or not whole.
    not_ready: Diagnostics,
}

impl Pass {
    async fn model(&mut self, model: &Model, pipeline: &Pipeline) {
        let Some(query) = model.query() else {
            if let Some(declared) = &model.declared {
                self.constraints(model, declared);
                self.enter(model, Arc::clone(declared), None);
            }
            return;
        };
        let mut called = self.functions.hidden_time(query, &model.file, |span| model.locate(span));
        called.extend(self.unready(query, &model.file, pipeline, |span| model.locate(span)));
        let is_called_wrongly = !called.is_empty();
        self.found.extend(called);
        let (plan, analysed) = match self.plan(query).await {
            Ok(plans) => plans,
            // Where a table function is called with it, or what is no function is left, that is why there is no plan.
            Err(_) if is_called_wrongly => return,
            Err(error) => return self.found.push(diagnose::of_model(model, &error)),
        };
        self.as_read.insert(model.name.clone(), plan.clone());
        let phase = info_span!("check: lints");
        let inferred = nullable(analysed.schema().as_arrow());
        self.found.extend(contract::duplicates(model, &inferred));
        self.found.extend(lints::lint(Text::of_model(model), &analysed, &|table| self.key_of(table)));
        self.spans(model, &plan);
        self.found.extend(subqueries::unanswerable(model, &analysed, &self.session).await);
        self.found.extend(quotients::whole(Text::of_model(model), &analysed, &|name| pipeline.model(name)));
        self.found.extend(self.tiers.of_model(&model.name.to_string(), &Failed::model(model), &plan));
        drop(phase);
        match &model.declared {
            Some(declared) => {
                self.found.extend(contract::compare(model, declared, &inferred));
                self.constraints(model, declared);
                self.enter(model, Arc::clone(declared), None);
                self.plans.insert(model.name.clone(), analysed);
            }
            None => self.enter(model, inferred, Some(plan)),
        }
    }

    /// How a model puts spans and days together, and whether it hands spans on.
    fn spans(&mut self, model: &Model, plan: &LogicalPlan) {
        let is_dated = model.name.layer == Layer::Dated;
        if !is_dated {
            let text = Text::of_model(model);
            self.found.extend(lints::spans::misspelt(text, plan, &|table| self.is_open(table)));
        }
        let is_open = is_dated || lints::spans::hands_on(plan, &|table| self.is_open(table));
        if is_open && !model.contract.not_null().iter().any(|column| column == "day_after") {
            self.open.insert(model.name.clone());
        }
    }

    fn is_open(&self, table: &TableReference) -> bool {
        self.open.iter().any(|name| Some(name.layer.name()) == table.schema() && name.table == table.table())
    }

    /// Calls of `ready` and `reported` in a query that say nothing.
    fn unready(
        &self,
        query: &Query,
        file: &SourceFile,
        pipeline: &Pipeline,
        place: impl Fn(Range<usize>) -> Location,
    ) -> Vec<Diagnostic> {
        let sources = pipeline.models.iter().filter(|model| matches!(model.kind, Kind::Source(_)));
        let sources: Vec<String> = sources.map(|model| model.name.table.clone()).collect();
        let mut found = ready::problems(query, file, &pipeline.settings.complete_from, &sources, &place);
        found.extend(reported::problems(query, file, &sources, &place));
        found
    }

    /// A query's plan as it reads, and with views put in and types settled: only the second knows the type of a
    /// `CASE` whose branches differ.
    async fn plan(&self, query: &Query) -> datafusion::error::Result<(LogicalPlan, LogicalPlan)> {
        let _phase = info_span!("check: plans");
        let plan = self.session.plan(query).await?;
        let analysed = self.session.analysed(plan.clone())?;
        Ok((plan, analysed))
    }

    /// The primary key of a table by its name in SQL.
    fn key_of(&self, table: &TableReference) -> Vec<String> {
        match (table.schema(), table.table()) {
            (Some(CALENDAR), CALENDAR_DAYS) => vec!["day".to_owned()],
            (schema, table) => {
                let name = |name: &&ModelName| Some(name.layer.name()) == schema && name.table == table;
                let key = self.keys.keys().find(name).and_then(|name| self.keys.get(name));
                key.cloned().unwrap_or_default()
            }
        }
    }

    /// Makes the model readable for those that follow.
    fn enter(&mut self, model: &Model, schema: SchemaRef, view: Option<LogicalPlan>) {
        let entered = match view {
            Some(plan) => self.session.register_view(&model.name, plan),
            None => self.session.register(&model.name, Arc::new(EmptyTable::new(Arc::clone(&schema)))),
        };
        if let Err(error) = entered {
            self.found.push(diagnose::of_model(model, &error));
        }
        self.schemas.insert(model.name.clone(), schema);
    }

    fn constraints(&mut self, model: &Model, declared: &SchemaRef) {
        let _phase = info_span!("check: contracts");
        self.found.extend(contract::unique_over_days(model));
        for check in &model.contract.checks {
            let place = |span| Location::new(&model.file, span);
            let mut found = self.functions.hidden_time(&check.expr, &model.file, place);
            found.extend(self.functions.beyond_the_row(check, &model.file));
            if found.is_empty() {
                found.extend(conditions::tried(&self.session, check, declared).err());
            }
            self.found.extend(found);
        }
    }

    /// What a contract `REFERENCES` must be there, column by column, and comparable.
    fn references(&mut self, model: &Model) {
        let Some(declared) = &model.declared else { return };
        for reference in &model.contract.references {
            let target =
                self.schemas.get(&reference.target).filter(|_| !self.failed.contains(&reference.target));
            let Some(target) = target else { continue };
            self.found.extend(contract::reference(reference, declared, target));
        }
    }

    /// The files of every source against its declaration.
    async fn sources(&mut self, pipeline: &Pipeline, place: Place<'_>) -> crate::error::Result<()> {
        for model in &pipeline.models {
            let (Kind::Source(source), Some(declared)) = (&model.kind, &model.declared) else { continue };
            match look(place, source).await {
                Ok(landed) => {
                    let of_source = held(place, model, source, declared, &landed);
                    self.found.extend(of_source.wrong);
                    self.not_ready.extend(of_source.not_ready);
                }
                Err(crate::error::Error::Project(found)) => {
                    let at = location_of(model, source);
                    self.found.extend(found.into_iter().map(|problem| problem.at(at.clone())));
                }
                Err(crate::error::Error::NotReady { found, .. }) => self.not_ready.extend(found),
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    async fn audit(&mut self, audit: &Audit, pipeline: &Pipeline) {
        let place = |span| Location::new(&audit.file, span);
        self.found.extend(self.functions.hidden_time(&audit.query, &audit.file, place));
        let unready = self.unready(audit.query.as_ref(), &audit.file, pipeline, place);
        if !unready.is_empty() {
            return self.found.extend(unready);
        }
        let name = format!("audit {}", audit.name);
        let file = &audit.file;
        let statement = Failed { name, file, query: Some(&audit.query), model: None, rule: None };
        match self.plan(&audit.query).await {
            Ok((plan, analysed)) => {
                let text = Text::of_audit(audit);
                self.found.extend(lints::lint(text, &analysed, &|table| self.key_of(table)));
                self.found.extend(lints::spans::misspelt(text, &plan, &|table| self.is_open(table)));
                self.found.extend(quotients::whole(text, &analysed, &|name| pipeline.model(name)));
                self.found.extend(self.tiers.of_model(&statement.name, &statement, &plan));
            }
            Err(error) => self.found.push(diagnose::of_plan(&statement, &error)),
        }
    }
}

/// The same columns, all nullable: what one model claims, the next one does not believe.
fn nullable(schema: &Schema) -> SchemaRef {
    let fields: Vec<_> =
        schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    Arc::new(Schema::new(fields))
}
