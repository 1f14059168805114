//! How far back a day of each stored table looks, for people: what [`super::needed`] finds out for a run.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use datafusion::common::TableReference;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::{Expr, LogicalPlan};
use tracing::info_span;

use super::needed::{ReadBy, Search};
use super::placeholders::Read;
use crate::check::Checked;
use crate::engine::day_window::WindowOptions;
use crate::engine::{Engine, Session, diagnose};
use crate::error::Result;
use crate::project::layer::{Layer, ModelName};

/// How far back the rows of one day of a stored table look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LooksBack {
    /// The table.
    pub table: ModelName,
    /// The stored tables and dated relations that it reads, and how far.
    pub reads: BTreeMap<ModelName, Reach>,
}

/// How far back rows are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Not before so many days before the day.
    Days(i64),
    /// To the beginning of history.
    All {
        /// The expression that lets no bound through, where one does.
        because: Option<String>,
    },
}

/// How far back a day of some stored tables looks, in the order in which data flows.
///
/// # Errors
/// When a model that was checked does not plan, which would be a bug.
pub async fn look_backs(
    checked: &Checked,
    engine: &Engine,
    selected: &BTreeSet<ModelName>,
    day: NaiveDate,
) -> Result<Vec<LooksBack>> {
    let _phase = info_span!("look-backs");
    let failed = |error| diagnose::of_run("planning", &error);
    let settings = &checked.pipeline.settings;
    let session = Session::new(engine, settings, WindowOptions::default(), day).map_err(failed)?;
    let mut search = Search::new(checked, &session, day..=day).await.map_err(failed)?;
    let mut all = Vec::new();
    for model in checked.pipeline.models.iter().filter(|model| selected.contains(&model.name)) {
        let Some(ReadBy { plan, reads: of }) = search.read_by(model, day).map_err(failed)? else { continue };
        let tables = of.tables.iter().map(|read| (read.table.clone(), read.first));
        let as_published =
            |read: &Read| (ModelName::new(Layer::Published, read.table.table.clone()), read.first);
        let logs = of.logs.iter().cloned();
        let mut reads = BTreeMap::new();
        for (table, first) in tables.chain(of.published.iter().map(as_published)).chain(logs) {
            let reach = match first {
                Some(first) => Reach::Days((day - first).num_days()),
                None => Reach::All { because: because(plan, &table).map_err(failed)? },
            };
            reads
                .entry(table)
                .and_modify(|known: &mut Reach| *known = known.clone().or(&reach))
                .or_insert(reach);
        }
        all.push(LooksBack { table: model.name.clone(), reads });
    }
    Ok(all)
}

impl Reach {
    /// The farther one.
    fn or(self, other: &Self) -> Self {
        match (&self, other) {
            (Self::Days(one), Self::Days(other)) => Self::Days(*one.max(other)),
            (Self::Days(_), all) => all.clone(),
            _ => self,
        }
    }
}

/// The expression above the scan of a table that lets no bound on days through: the nearest window or group.
fn because(plan: &LogicalPlan, table: &ModelName) -> EngineResult<Option<String>> {
    let mut nearest = None;
    plan.apply_with_subqueries(|node| {
        let expression = match node {
            LogicalPlan::Window(window) => window.window_expr.first(),
            LogicalPlan::Aggregate(aggregate) => aggregate.aggr_expr.first().or(aggregate.group_expr.first()),
            _ => None,
        };
        if let Some(expression) = expression.filter(|_| scans(node, table)) {
            nearest = Some(said(expression));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(nearest)
}

/// An expression in the words of the model: the optimiser keeps these as the name of what it has written anew.
fn said(expression: &Expr) -> String {
    match expression {
        Expr::Alias(alias) => alias.name.clone(),
        other => other.schema_name().to_string(),
    }
}

/// Whether a plan scans a table.
fn scans(plan: &LogicalPlan, table: &ModelName) -> bool {
    let reference = TableReference::partial(table.layer.name(), table.table.as_str());
    let mut found = false;
    let walked = plan.apply_with_subqueries(|node| {
        found |= matches!(node, LogicalPlan::TableScan(scan) if scan.table_name.resolved_eq(&reference));
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    walked.is_ok() && found
}
