//! Plans every model on empty sources and reports every problem of a pass.
//!
//! No data is read: `check` looks at the project, and at the footers of the sources' Parquet.

mod contract;
mod lints;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::common::DFSchema;
use datafusion::datasource::empty::EmptyTable;
use datafusion::logical_expr::{ExprSchemable, LogicalPlan};
use datafusion::sql::sqlparser::ast::Query;

use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::engine::day_window::WindowOptions;
use crate::engine::{Engine, Session, diagnose};
use crate::pipeline::{Audit, Pipeline};
use crate::project::layer::ModelName;
use crate::project::model::Model;
use crate::project::types::sql_name;
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

/// Plans every model; with `sources`, also looks at their files.
///
/// # Errors
/// Every problem found: [`crate::error::Error::Project`], or [`crate::error::Error::Transient`] where storage cannot be reached.
pub async fn check(
    pipeline: Pipeline,
    engine: &Engine,
    sources: Option<&Storage>,
) -> crate::error::Result<Checked> {
    let day = pipeline.settings.history_starts;
    let session = Session::new(engine, &pipeline.settings, WindowOptions::default(), day)
        .map_err(|error| crate::error::Error::Bug(diagnose::first_line(&error)))?;
    let found = pipeline.semantics.warnings.clone();
    let (schemas, plans, as_read) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut pass = Pass { session, schemas, plans, as_read, failed: BTreeSet::new(), found };
    for model in &pipeline.models {
        if pipeline.reads[&model.name].0.keys().any(|read| pass.failed.contains(read)) {
            // What it reads is already reported; its own errors would only repeat that.
            pass.failed.insert(model.name.clone());
            continue;
        }
        let before = pass.found.len();
        pass.model(model).await;
        if pass.found.len() > before {
            pass.failed.insert(model.name.clone());
        }
    }
    for audit in
        pipeline.audits.iter().filter(|audit| !audit.reads.0.keys().any(|read| pass.failed.contains(read)))
    {
        let checked = pass.audit(audit).await;
        pass.found.extend(checked.err());
    }
    if let Some(storage) = sources {
        pass.found.extend(sources::compare(&pipeline, storage).await?);
    }
    let Pass { schemas, plans, as_read, found, .. } = pass;
    if found.has_errors() {
        Err(found.into())
    } else {
        Ok(Checked { pipeline, schemas, warnings: found, plans, as_read })
    }
}

struct Pass {
    session: Session,
    schemas: BTreeMap<ModelName, SchemaRef>,
    plans: BTreeMap<ModelName, LogicalPlan>,
    as_read: BTreeMap<ModelName, LogicalPlan>,
    failed: BTreeSet<ModelName>,
    found: Diagnostics,
}

impl Pass {
    async fn model(&mut self, model: &Model) {
        let Some(query) = model.query() else {
            if let Some(declared) = &model.declared {
                self.constraints(model, declared);
                self.enter(model, Arc::clone(declared), None);
            }
            return;
        };
        let (plan, analysed) = match self.plan(query).await {
            Ok(plans) => plans,
            Err(error) => return self.found.push(diagnose::of_model(model, &error)),
        };
        self.as_read.insert(model.name.clone(), plan.clone());
        let inferred = nullable(analysed.schema().as_arrow());
        self.found.extend(contract::duplicates(model, &inferred));
        self.found.extend(lints::hidden_time(model, &plan));
        match &model.declared {
            Some(declared) => {
                self.found.extend(contract::compare(model, declared, &inferred));
                self.found.extend(lints::lint(model, &analysed));
                self.constraints(model, declared);
                self.enter(model, Arc::clone(declared), None);
                self.plans.insert(model.name.clone(), analysed);
            }
            None => self.enter(model, inferred, Some(plan)),
        }
    }

    /// A query's plan as it reads, and with views put in and types settled: only the second knows the type of a
    /// `CASE` whose branches differ.
    async fn plan(&self, query: &Query) -> datafusion::error::Result<(LogicalPlan, LogicalPlan)> {
        let plan = self.session.plan(query).await?;
        let state = self.session.state();
        let analysed = state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {})?;
        Ok((plan, analysed))
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
        for check in &model.contract.checks {
            let problem = match plan_check(&self.session, &check.sql, declared) {
                Ok(DataType::Boolean) => continue,
                Ok(other) => Diagnostic::error(
                    "check",
                    format!("CHECK ({}) gives {}, not a truth value", check.sql, sql_name(&other)),
                ),
                Err(error) => Diagnostic::error(
                    "check",
                    format!("CHECK ({}): {}", check.sql, diagnose::first_line(&error)),
                ),
            };
            self.found.push(problem.at(check.location.clone()));
        }
        for reference in &model.contract.references {
            let Some(target) = self.schemas.get(&reference.target) else { continue };
            for column in
                reference.target_columns.iter().filter(|column| target.field_with_name(column).is_err())
            {
                let names = target.fields().iter().map(|field| field.name().as_str());
                let problem = Diagnostic::error(
                    "unknown-column",
                    format!("{} has no column `{column}`", reference.target),
                );
                self.found.push(problem.at(reference.location.clone()).suggest(column, names));
            }
        }
    }

    async fn audit(&self, audit: &Audit) -> Result<(), Diagnostic> {
        self.session.plan(&audit.query).await.map(drop).map_err(|error| {
            let span = error.diagnostic().and_then(|found| found.span);
            let at = span.map_or_else(
                || Location::whole(&audit.file),
                |span| {
                    Location::word_at(
                        &audit.file,
                        audit.file.offset(span.start.line as usize, span.start.column as usize),
                    )
                },
            );
            Diagnostic::error("plan", format!("audit {}: {}", audit.name, diagnose::first_line(&error)))
                .at(at)
        })
    }
}

/// The type of a CHECK's condition over the declared columns.
fn plan_check(session: &Session, sql: &str, declared: &SchemaRef) -> datafusion::error::Result<DataType> {
    let schema = DFSchema::try_from(Arc::clone(declared))?;
    session.state().create_logical_expr(sql, &schema)?.get_type(&schema)
}

/// The same columns, all nullable: what one model claims, the next one does not believe.
fn nullable(schema: &Schema) -> SchemaRef {
    let fields: Vec<_> =
        schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    Arc::new(Schema::new(fields))
}
