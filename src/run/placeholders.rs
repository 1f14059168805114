//! Models over placeholders, and what their plans read.
//!
//! In a session of its own every stored table, every log (the dated relation of a source of `kind` `events`) and every score as
//! published is a placeholder that takes all filters: what arrives at its scan is a proof of which days of it matter.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use chrono::NaiveDate;
use datafusion::catalog::{Session as Planning, TableProvider};
use datafusion::common::internal_err;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::{DefaultTableSource, TableType, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown, TableScan,
};
use datafusion::physical_plan::ExecutionPlan;

use super::look_back::lower_bound;
use crate::check::Checked;
use crate::engine::Session;
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{AS_OF_DATE, Kind, Model};
use crate::project::time::Time;

/// The day of a row of a log.
pub(super) const DAY: &str = "day";

/// What a plan reads.
#[derive(Debug, Clone, Default)]
pub(super) struct Reads {
    /// Stored tables.
    pub(super) tables: Vec<Read>,
    /// Scores as they were published, by the tables of the scores.
    pub(super) published: Vec<Read>,
    /// Logs, and the first day that filters leave of each; `None` where they leave all.
    pub(super) logs: Vec<(ModelName, Option<NaiveDate>)>,
    /// Whether it reads sources.
    pub(super) sources: bool,
}

/// A stored table that a plan scans: the first day that its filters leave, `None` where they leave all, and the columns.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) table: ModelName,
    pub(super) first: Option<NaiveDate>,
    pub(super) columns: BTreeSet<String>,
}

impl Reads {
    /// What a plan over placeholders scans.
    pub(super) fn of(plan: &LogicalPlan) -> Result<Self> {
        let mut found = Self::default();
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                found.enter(scan);
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(found)
    }

    fn enter(&mut self, scan: &TableScan) {
        // A source that stands in for its files, which will take other filters than it does.
        if scanned::<EmptyTable>(scan).is_some() {
            self.sources = true;
            let name = ModelName::parse(&scan.table_name.to_string());
            let raw = name.filter(|name| name.layer == Layer::Raw);
            self.logs.extend(raw.map(|raw| (ModelName::new(Layer::Dated, raw.table), None)));
        }
        let Some(Placeholder { name, day, .. }) = scanned(scan) else { return };
        let first = scan.filters.iter().filter_map(|filter| lower_bound(filter, day)).max();
        if *day == DAY {
            self.sources = true;
            return self.logs.push((name.clone(), first));
        }
        let columns = scan.projected_schema.fields().iter().map(|field| field.name().clone()).collect();
        let (reads, table) = match name.layer {
            Layer::Published => (&mut self.published, ModelName::new(Layer::Scores, name.table.clone())),
            _ => (&mut self.tables, name.clone()),
        };
        reads.push(Read { table, first, columns });
    }

    /// The first days of all that is read.
    pub(super) fn first_days(&self) -> Vec<Option<NaiveDate>> {
        let tables = self.tables.iter().chain(&self.published).map(|read| read.first);
        tables.chain(self.logs.iter().map(|(_, first)| *first)).collect()
    }
}

/// The checked plan of every stored model, in a session in which stored tables and logs are placeholders.
///
/// # Errors
/// When a model that was checked does not plan.
pub(super) async fn plans(checked: &Checked, session: &Session) -> Result<BTreeMap<ModelName, LogicalPlan>> {
    let mut apart = BTreeMap::new();
    for model in &checked.pipeline.models {
        let name = model.name.clone();
        let schema = Arc::clone(&checked.schemas[&name]);
        match &model.kind {
            Kind::Source(_) => session.register(&name, Arc::new(EmptyTable::new(schema)))?,
            Kind::View(_)
                if is_log(&checked.pipeline, &name) || is_as_published(&checked.pipeline, &name) =>
            {
                let day = if name.layer == Layer::Published { AS_OF_DATE } else { DAY };
                let read: Arc<dyn TableProvider> = Arc::new(Placeholder { name: name.clone(), schema, day });
                session.register(&name, Arc::clone(&read))?;
                apart.insert(name, read);
            }
            // Where a checked plan reads a view, what the view reads is already in its place; questions read it by name.
            Kind::View(query) => session.register_view(&name, session.plan(query).await?)?,
            Kind::Table(..) => {
                let table = Placeholder { name: name.clone(), schema, day: AS_OF_DATE };
                session.register(&name, Arc::new(table))?;
            }
        }
    }
    let mut plans = BTreeMap::new();
    for (name, plan) in &checked.plans {
        let Some(plan) = session.rebound(plan).await? else {
            return internal_err!("{name} reads a view that was not put in");
        };
        plans.insert(name.clone(), over_apart(plan, &apart)?);
    }
    Ok(plans)
}

/// Whether a model is the dated relation of a log.
pub(super) fn is_log(pipeline: &Pipeline, name: &ModelName) -> bool {
    let source = pipeline.model(&ModelName::new(Layer::Raw, name.table.clone()));
    name.layer == Layer::Dated
        && source.is_some_and(
            |source| matches!(&source.kind, Kind::Source(source) if matches!(source.time, Time::Events(_))),
        )
}

/// Whether a model is a score as it was published: the rows of that score, which a run reads by their own rule.
pub(super) fn is_as_published(pipeline: &Pipeline, name: &ModelName) -> bool {
    let score = ModelName::new(Layer::Scores, name.table.clone());
    name.layer == Layer::Published && pipeline.model(&score).is_some_and(Model::is_stored)
}

/// A plan that scans logs, and scores as published, where it had put in what they are.
fn over_apart(plan: LogicalPlan, apart: &BTreeMap<ModelName, Arc<dyn TableProvider>>) -> Result<LogicalPlan> {
    let over = plan.transform_down_with_subqueries(|node| {
        let LogicalPlan::SubqueryAlias(view) = &node else { return Ok(Transformed::no(node)) };
        let read = ModelName::parse(&view.alias.to_string()).and_then(|name| apart.get(&name));
        let Some(read) = read else { return Ok(Transformed::no(node)) };
        let scan = LogicalPlanBuilder::scan(view.alias.clone(), provider_as_source(Arc::clone(read)), None)?;
        Ok(Transformed::new(scan.build()?, true, TreeNodeRecursion::Jump))
    });
    over.data()
}

/// The table that is scanned, if it is of this kind.
fn scanned<T: TableProvider>(scan: &TableScan) -> Option<&T> {
    let source: &dyn Any = scan.source.as_ref();
    let provider = source.downcast_ref::<DefaultTableSource>()?;
    let table: &dyn Any = provider.table_provider.as_ref();
    table.downcast_ref::<T>()
}

/// A table that is not there yet: it takes every filter, so that what arrives can be read off the plan.
#[derive(Debug)]
struct Placeholder {
    name: ModelName,
    schema: SchemaRef,
    /// The column with the day of a row.
    day: &'static str,
}

#[async_trait]
impl TableProvider for Placeholder {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        _: &dyn Planning,
        _: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Err(DataFusionError::Internal(format!("{} was scanned before it was built", self.name)))
    }
}
