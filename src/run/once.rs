//! Views that are computed once for all that read them.
//!
//! A view is put into every query that reads it, and so computed each time. Of a log whose deliveries are told apart that is
//! a sort of all its rows. So a dated relation or a view of staging that has windows or groups and that more than one query
//! of a run reads is written into local files once, with the columns that anybody names, and these are read. Views of later
//! layers have a row for each day: of them readers want few days, which only a view that is put into them knows.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::LogicalPlan;

use crate::check::Checked;
use crate::project::layer::{CALENDAR, Layer, ModelName};
use crate::project::model::Kind;

/// From how many readers on a view is computed once.
const READERS: usize = 2;

/// The views that are computed once, each with the names of columns that readers name.
pub(super) type Once = BTreeMap<ModelName, BTreeSet<String>>;

/// What reads a view.
#[derive(Default)]
struct Readers {
    /// How often a run would compute it.
    count: usize,
    /// The names of all columns in what reads it.
    names: BTreeSet<String>,
}

/// The views of which a run computes more than one reader. `computes` says whether it does of a model; `asked` are the
/// models that questions read.
pub(super) fn once(
    checked: &Checked,
    computes: &dyn Fn(&ModelName) -> bool,
    asked: &BTreeSet<ModelName>,
) -> EngineResult<Once> {
    let mut readers: BTreeMap<ModelName, Readers> = BTreeMap::new();
    for name in asked {
        readers.entry(name.clone()).or_default().count += 1;
    }
    let mut once = Once::new();
    // Readers come after what they read: from the last model back, all of them are known.
    for model in checked.pipeline.models.iter().rev().filter(|model| computes(&model.name)) {
        let Some(plan) = checked.as_read.get(&model.name) else { continue };
        let own = Own::of(plan)?;
        let read = readers.remove(&model.name).unwrap_or_default();
        let is_view = matches!(model.kind, Kind::View(_));
        let has_no_days = matches!(model.name.layer, Layer::Dated | Layer::Staging) && !own.has_calendar;
        let is_read = read.count >= READERS && !asked.contains(&model.name);
        let is_once = is_view && has_no_days && is_read && own.sorts_or_groups;
        if is_once {
            once.insert(model.name.clone(), read.names);
        }
        let times = if is_view && !is_once { read.count } else { 1 };
        for name in own.scans {
            let reads = readers.entry(name).or_default();
            reads.count += times;
            reads.names.extend(own.names.iter().cloned());
        }
    }
    Ok(once)
}

/// What a model's own query is made of: what it reads of others ends at their names.
#[derive(Default)]
struct Own {
    /// The models that it scans, each as often as it does.
    scans: Vec<ModelName>,
    /// The names of all columns that its expressions name.
    names: BTreeSet<String>,
    /// Whether it has windows or groups.
    sorts_or_groups: bool,
    /// Whether it reads the calendar, so that it may have a row for each day.
    has_calendar: bool,
}

impl Own {
    fn of(plan: &LogicalPlan) -> EngineResult<Self> {
        let mut own = Self::default();
        plan.apply_with_subqueries(|node| {
            let read = match node {
                LogicalPlan::TableScan(scan) => Some(&scan.table_name),
                // A view, which is put in under its name.
                LogicalPlan::SubqueryAlias(view) => Some(&view.alias),
                _ => None,
            };
            if let Some(read) = read.filter(|read| read.schema().is_some()) {
                own.has_calendar |= read.schema() == Some(CALENDAR);
                own.scans.extend(ModelName::parse(&read.to_string()));
                return Ok(TreeNodeRecursion::Jump);
            }
            own.sorts_or_groups |=
                matches!(node, LogicalPlan::Window(_) | LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_));
            for expression in node.expressions() {
                own.names.extend(expression.column_refs().into_iter().map(|column| column.name.clone()));
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(own)
    }
}
