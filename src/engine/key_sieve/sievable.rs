//! Rows that may be read more than once, and their keys.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, Literal};
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_expr::utils::{collect_columns, split_conjunction};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_plan::execution_plan::{
    ChildrenPropertiesMode, ReplaceChildrenOptions, reset_plan_states,
};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use datafusion::scalar::ScalarValue;

use super::exec::KeySieveExec;
use super::noting::{Keep, Noting};

/// Rows and their keys, where reading both pays.
pub(super) struct Sievable {
    rows: Arc<dyn ExecutionPlan>,
    by: Vec<Arc<dyn PhysicalExpr>>,
    expected: usize,
}

impl Sievable {
    /// `None` where the rows are few, nobody knows how many, or another reading may give others.
    pub(super) fn of(
        rows: &Arc<dyn ExecutionPlan>,
        by: Vec<Arc<dyn PhysicalExpr>>,
        from_rows: usize,
    ) -> Result<Option<Self>> {
        if by.iter().all(|key| collect_columns(key).is_empty()) || !reads_the_same_twice(rows) {
            return Ok(None);
        }
        for key in &by {
            // Doubles that are equal may differ in their bits.
            let data_type = key.data_type(&rows.schema())?;
            if is_volatile(key) || data_type.is_floating() || data_type.is_nested() {
                return Ok(None);
            }
        }
        let stored = stored(rows)?.filter(|stored| *stored >= from_rows);
        Ok(stored.map(|expected| Self { rows: Arc::clone(rows), by, expected }))
    }

    /// The sieve that readings of the rows wait for.
    pub(super) fn noting(&self, readings: &'static [Keep]) -> Arc<Noting> {
        Arc::new(Noting::new(readings, self.expected))
    }

    /// One reading of the rows. Each has sources of its own: a scan hands out each file once.
    pub(super) fn reading(&self, keep: Keep, noting: &Arc<Noting>) -> Result<Arc<dyn ExecutionPlan>> {
        let keys = only(&self.by, reset_plan_states(Arc::clone(&self.rows))?)?;
        let rows = reset_plan_states(Arc::clone(&self.rows))?;
        let noting = Arc::clone(noting);
        Ok(Arc::new(KeySieveExec::new(keep, keys, rows, self.by.clone(), noting)))
    }
}

/// A filter over a node, with a projection in between or not.
pub(super) struct Filtered<'a> {
    pub(super) node: &'a Arc<dyn ExecutionPlan>,
    projection: Option<&'a Arc<dyn ExecutionPlan>>,
    pub(super) conditions: Vec<Condition<'a>>,
}

/// One of the conditions that a filter joins by AND.
pub(super) struct Condition<'a> {
    /// As it stands in the filter.
    pub(super) outer: &'a Arc<dyn PhysicalExpr>,
    /// Over the node's own columns.
    pub(super) inner: Arc<dyn PhysicalExpr>,
}

impl<'a> Filtered<'a> {
    pub(super) fn by(filter: &'a FilterExec) -> Result<Self> {
        let conditions = split_conjunction(filter.predicate()).into_iter();
        let Some(projection) = filter.input().downcast_ref::<ProjectionExec>() else {
            let conditions = conditions.map(|outer| Condition { outer, inner: Arc::clone(outer) }).collect();
            return Ok(Self { node: filter.input(), projection: None, conditions });
        };
        let below = |outer| {
            let inner = projection.projection_expr().unproject_expr(outer)?;
            Ok(Condition { outer, inner })
        };
        let conditions = conditions.map(below).collect::<Result<_>>()?;
        Ok(Self { node: projection.input(), projection: Some(filter.input()), conditions })
    }

    /// What lies in between, over another node.
    pub(super) fn projected(&self, node: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        self.projection.map_or(Ok(Arc::clone(&node)), |projection| above(projection, node))
    }
}

/// A node over another input.
pub(super) fn above(
    node: &Arc<dyn ExecutionPlan>,
    input: Arc<dyn ExecutionPlan>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let recompute = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
    Arc::clone(node).replace_children(vec![input], recompute)
}

/// A condition that compares a column with a whole number: which column, how, and with what.
pub(super) fn compared(condition: &Arc<dyn PhysicalExpr>) -> Option<(usize, Operator, i64)> {
    let comparison = condition.downcast_ref::<BinaryExpr>()?;
    let column = comparison.left().downcast_ref::<Column>()?;
    let number = match comparison.right().downcast_ref::<Literal>()?.value() {
        ScalarValue::Int64(number) => (*number)?,
        ScalarValue::UInt64(number) => i64::try_from((*number)?).ok()?,
        _ => return None,
    };
    Some((column.index(), *comparison.op(), number))
}

/// Only the keys of the rows.
fn only(keys: &[Arc<dyn PhysicalExpr>], rows: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let keys = keys.iter().enumerate();
    let keys = keys.map(|(at, key)| ProjectionExpr::new(Arc::clone(key), format!("key_{at}")));
    Ok(Arc::new(ProjectionExec::try_new(keys.collect::<Vec<_>>(), rows)?))
}

/// How many rows there are before any is filtered away: what a filter leaves is a guess, of one row in five.
fn stored(rows: &Arc<dyn ExecutionPlan>) -> Result<Option<usize>> {
    let inputs = rows.children();
    if !inputs.is_empty() {
        return inputs.into_iter().map(stored).sum();
    }
    let known = StatisticsContext::new().compute(rows.as_ref(), &StatisticsArgs::new())?;
    Ok(known.num_rows.get_value().copied())
}

/// Whether a plan is only files and what is done to their rows one by one: cheap to read twice, and the same twice.
fn reads_the_same_twice(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let is_plain = match plan.downcast_ref::<ProjectionExec>() {
        Some(projection) => !projection.expr().iter().any(|column| is_volatile(&column.expr)),
        None => match plan.downcast_ref::<FilterExec>() {
            Some(filter) => !is_volatile(filter.predicate()) && filter.fetch().is_none(),
            None => plan.is::<DataSourceExec>() || plan.is::<UnionExec>(),
        },
    };
    is_plain && plan.children().into_iter().all(reads_the_same_twice)
}
