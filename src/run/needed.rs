//! Which days of each stored model a run must build: those asked for, and those that other models look back to.
//!
//! The engine's own optimiser is the proof. A filter on the day is put on top of each model; where it arrives at the
//! scan of another table, only those days of that table can matter. Where it does not (a window over days, a
//! grouping without the day), all of history can, and all of it is built: right by default, fast when provable.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{Date32Type, SchemaRef};
use async_trait::async_trait;
use chrono::NaiveDate;
use datafusion::catalog::{Session as Planning, TableProvider};
use datafusion::common::internal_err;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::TableType;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    BinaryExpr, Expr, LogicalPlan, Operator, TableProviderFilterPushDown, TableScan,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::scalar::ScalarValue;

use super::request::Request;
use super::reuse::Parts;
use super::stored::stored_rows;
use crate::check::Checked;
use crate::engine::Session;
use crate::project::layer::ModelName;
use crate::project::model::{AS_OF_DATE, Kind, Model};

/// What a run needs.
pub(super) struct Needed {
    /// For every stored model, the first day to build (the last is the run's last).
    pub(super) first_days: BTreeMap<ModelName, NaiveDate>,
    /// The optimised plans of the models that read stored tables alone: the rows of their days in the stored order,
    /// over tables that are not there yet.
    pub(super) plans: BTreeMap<ModelName, LogicalPlan>,
    /// The models whose rows of a day are made of nothing but rows of that day of these stored tables.
    pub(super) day_by_day: BTreeMap<ModelName, BTreeSet<ModelName>>,
}

/// What a run needs.
///
/// # Errors
/// When a model that was checked does not plan.
pub(super) async fn needed(
    checked: &Checked,
    session: &Session,
    request: &Request,
    parts: &Parts,
) -> Result<Needed> {
    let pipeline = &checked.pipeline;
    let mut needed: BTreeMap<ModelName, NaiveDate> =
        request.selection.0.iter().map(|name| (name.clone(), *request.days.start())).collect();
    let plans = plans_over_placeholders(checked, session, parts).await?;
    let (mut optimised, mut day_by_day) = (BTreeMap::new(), BTreeMap::new());
    // Readers come after what they read: from the last model back, every need is known when it is asked for.
    for model in pipeline.models.iter().rev().filter(|model| model.is_stored()) {
        let (Some(first), Some(plan)) = (needed.get(&model.name).copied(), plans.get(&model.name)) else {
            continue;
        };
        let plan = stored_rows(model, plan.clone(), first..=*request.days.end())?;
        let plan = session.for_model(model).optimised(plan)?;
        let scans = scans(&plan, pipeline.settings.history_starts)?;
        let of_its_days = model.by_day() && scans.iter().all(|(_, from)| *from == first);
        let tables: BTreeSet<ModelName> = scans.iter().map(|(read, _)| read.clone()).collect();
        for (read, from) in scans {
            let day = needed.entry(read).or_insert(from);
            *day = from.min(*day);
        }
        if !reads_sources(&plan)? {
            if of_its_days {
                day_by_day.insert(model.name.clone(), tables);
            }
            optimised.insert(model.name.clone(), plan);
        }
    }
    // An audit may read what was not selected.
    for audit in &pipeline.audits {
        let reads_one = audit.reads.0.keys().any(|read| needed.contains_key(read));
        if reads_one && parts.reused.is_empty() {
            let stored = pipeline.with_upstream(audit.reads.0.keys().cloned());
            for name in
                stored.into_iter().filter(|name| pipeline.model(name).is_some_and(|model| model.is_stored()))
            {
                needed.entry(name).or_insert(*request.days.start());
            }
        }
    }
    Ok(Needed { first_days: needed, plans: optimised, day_by_day })
}

/// The checked plan of every stored model to build, where every other stored model is a placeholder that notes its filters.
async fn plans_over_placeholders(
    checked: &Checked,
    session: &Session,
    parts: &Parts,
) -> Result<BTreeMap<ModelName, LogicalPlan>> {
    let included = |model: &&Model| parts.planned.contains(&model.name) || parts.reused.contains(&model.name);
    let models: Vec<&Model> = checked.pipeline.models.iter().filter(included).collect();
    for model in &models {
        let schema = Arc::clone(&checked.schemas[&model.name]);
        match &model.kind {
            Kind::Source(_) => session.register(&model.name, Arc::new(EmptyTable::new(schema)))?,
            // Where a checked plan reads a view, what the view reads is already in its place.
            Kind::View(_) => {}
            Kind::Table(..) => {
                session.register(&model.name, Arc::new(Placeholder { name: model.name.clone(), schema }))?;
            }
        }
    }
    let mut plans = BTreeMap::new();
    for model in models.into_iter().filter(|model| !parts.reused.contains(&model.name)) {
        let Some(plan) = checked.plans.get(&model.name) else { continue };
        let Some(plan) = session.rebound(plan).await? else {
            return internal_err!("{} reads a view that was not put in", model.name);
        };
        plans.insert(model.name.clone(), plan);
    }
    Ok(plans)
}

/// Each placeholder that a plan scans, with the first day that its filters leave.
fn scans(plan: &LogicalPlan, history_starts: NaiveDate) -> Result<Vec<(ModelName, NaiveDate)>> {
    let mut found = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Some(name) = placeholder(scan)
        {
            let bounds = scan.filters.iter().filter_map(lower_bound);
            found.push((name, bounds.max().unwrap_or(history_starts)));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

/// Whether a source stands in for its files, which will take other filters than it does.
fn reads_sources(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= matches!(node, LogicalPlan::TableScan(scan) if scanned::<EmptyTable>(scan).is_some());
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

fn placeholder(scan: &TableScan) -> Option<ModelName> {
    scanned::<Placeholder>(scan).map(|table| table.name.clone())
}

/// The table that is scanned, if it is of this kind.
fn scanned<T: TableProvider>(scan: &TableScan) -> Option<&T> {
    let source: &dyn Any = scan.source.as_ref();
    let provider = source.downcast_ref::<datafusion::datasource::DefaultTableSource>()?;
    let table: &dyn Any = provider.table_provider.as_ref();
    table.downcast_ref::<T>()
}

/// The day from which a conjunct keeps rows: `as_of_date >= d`, `> d`, `= d`, either way round.
fn lower_bound(filter: &Expr) -> Option<NaiveDate> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return None };
    if *op == Operator::And {
        return lower_bound(left).max(lower_bound(right));
    }
    let (column, op, value) = match (left.as_ref(), right.as_ref()) {
        (Expr::Column(column), Expr::Literal(value, _)) => (column, *op, value),
        (Expr::Literal(value, _), Expr::Column(column)) => (column, op.swap()?, value),
        _ => return None,
    };
    let ScalarValue::Date32(Some(day)) = value else { return None };
    let day = Date32Type::to_naive_date_opt(*day)?;
    match op {
        Operator::GtEq | Operator::Gt | Operator::Eq if column.name == AS_OF_DATE => Some(day),
        _ => None,
    }
}

/// A stored table that is not built yet: it takes every filter, so that what arrives can be read off the plan.
#[derive(Debug)]
struct Placeholder {
    name: ModelName,
    schema: SchemaRef,
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
