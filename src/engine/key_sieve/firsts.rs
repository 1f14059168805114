//! Windows of which the first row of each key is wanted, alone or with some of the others:
//! `QUALIFY row_number() OVER (PARTITION BY k …) = 1 OR …`.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_window::lead_lag::lag_udwf;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, lit};
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_expr::utils::conjunction_opt;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec, WindowExpr};
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

use super::noting::Keep;
use super::sievable::{Condition, Filtered, Sievable, above, compared};
use crate::engine::day_window::call;

/// In place of a filter over a window, with a projection in between or not: rows whose key stands once, and the filter and
/// the window over the others; `None` where that does not pay or cannot be done.
pub(super) fn sieved(
    filter: &FilterExec,
    plan: &Arc<dyn ExecutionPlan>,
    from_rows: usize,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if filter.projection().is_some() || filter.fetch().is_some() {
        return Ok(None);
    }
    let filtered = Filtered::by(filter)?;
    let window = filtered.node;
    let Some(Numbered { keys, rows, alone }) = numbered(window) else { return Ok(None) };
    let own = rows.schema().fields().len();
    let is_number = |column: usize| {
        column.checked_sub(own).and_then(|at| alone.get(at)) == Some(&ScalarValue::UInt64(Some(1)))
    };
    let holds = |condition: &Condition<'_>| holds_for_firsts(&condition.inner, &is_number);
    let more = filtered.conditions.iter().filter(|condition| !holds(condition));
    let more: Vec<_> = more.map(|condition| Arc::clone(condition.outer)).collect();
    if more.len() == filtered.conditions.len() {
        return Ok(None);
    }
    let Some(sievable) = Sievable::of(rows, keys.to_vec(), from_rows)? else { return Ok(None) };
    let noting = sievable.noting(&[Keep::Once, Keep::Repeated]);
    let once = first_each(sievable.reading(Keep::Once, &noting)?, &window.schema(), &alone)?;
    let once = filtered.projected(once)?;
    let once = match conjunction_opt(more) {
        Some(more) => Arc::new(FilterExec::try_new(more, once)?),
        None => once,
    };
    let repeated = filtered.projected(above(window, sievable.reading(Keep::Repeated, &noting)?)?)?;
    UnionExec::try_new(vec![once, above(plan, repeated)?]).map(Some)
}

/// Whether a condition is true of the first row of each key, whatever it says of the others.
fn holds_for_firsts(condition: &Arc<dyn PhysicalExpr>, is_number: &impl Fn(usize) -> bool) -> bool {
    if let Some(either) = condition.downcast_ref::<BinaryExpr>().filter(|either| *either.op() == Operator::Or)
    {
        return holds_for_firsts(either.left(), is_number) || holds_for_firsts(either.right(), is_number);
    }
    match compared(condition) {
        Some((column, Operator::Eq | Operator::LtEq, 1) | (column, Operator::Lt, 2)) => is_number(column),
        _ => false,
    }
}

/// Windows that number the rows of each key, or look at the row before, and do nothing else.
struct Numbered<'a> {
    keys: &'a [Arc<dyn PhysicalExpr>],
    rows: &'a Arc<dyn ExecutionPlan>,
    /// What each window is of a row that is alone.
    alone: Vec<ScalarValue>,
}

fn numbered(plan: &Arc<dyn ExecutionPlan>) -> Option<Numbered<'_>> {
    let (windows, rows) = match plan.downcast_ref::<BoundedWindowAggExec>() {
        Some(window) => (window.window_expr(), window.input()),
        None => {
            let window = plan.downcast_ref::<WindowAggExec>()?;
            (window.window_expr(), window.input())
        }
    };
    let keys = windows.first()?.partition_by();
    let of_keys = windows.iter().filter(|window| window.partition_by() == keys);
    let alone: Vec<ScalarValue> = of_keys.map_while(alone).collect();
    (alone.len() == windows.len()).then_some(Numbered { keys, rows, alone })
}

/// What a window is of a row that is alone, where that is known.
fn alone(window: &Arc<dyn WindowExpr>) -> Option<ScalarValue> {
    let field = window.field().ok()?;
    let call = call(window.as_ref())?;
    if *call.fun() == row_number_udwf() && *field.data_type() == DataType::UInt64 {
        return Some(ScalarValue::UInt64(Some(1)));
    }
    let has_default = call.args().len() > 1;
    (*call.fun() == lag_udwf() && !has_default)
        .then(|| ScalarValue::try_from(field.data_type()).ok())
        .flatten()
}

/// Rows each of which is the first, and the only one, of its key.
fn first_each(
    rows: Arc<dyn ExecutionPlan>,
    schema: &SchemaRef,
    alone: &[ScalarValue],
) -> Result<Arc<dyn ExecutionPlan>> {
    let own = rows.schema().fields().len();
    let columns = schema.fields().iter().enumerate().map(|(at, field)| {
        let column: Arc<dyn PhysicalExpr> = match at.checked_sub(own).and_then(|at| alone.get(at)) {
            Some(value) => lit(value.clone()),
            None => Arc::new(Column::new(field.name(), at)),
        };
        ProjectionExpr::new(column, field.name().clone())
    });
    Ok(Arc::new(ProjectionExec::try_new(columns.collect::<Vec<_>>(), rows)?))
}
