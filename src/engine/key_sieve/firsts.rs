//! Windows of which only the first row of each key is wanted: `QUALIFY row_number() OVER (PARTITION BY k …) = 1`.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::Result;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{Column, lit};
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
    let Some(Numbered { keys, rows }) = numbered(window) else { return Ok(None) };
    let numbers = rows.schema().fields().len();
    let wants_first = |condition: &Condition<'_>| match compared(&condition.inner) {
        Some((column, Operator::Eq | Operator::LtEq, 1) | (column, Operator::Lt, 2)) => column >= numbers,
        _ => false,
    };
    let more = filtered.conditions.iter().filter(|condition| !wants_first(condition));
    let more: Vec<_> = more.map(|condition| Arc::clone(condition.outer)).collect();
    if more.len() == filtered.conditions.len() {
        return Ok(None);
    }
    let Some(sievable) = Sievable::of(rows, keys.to_vec(), from_rows)? else { return Ok(None) };
    let noting = sievable.noting(&[Keep::Once, Keep::Repeated]);
    let once = first_each(sievable.reading(Keep::Once, &noting)?, &window.schema())?;
    let once = filtered.projected(once)?;
    let once = match conjunction_opt(more) {
        Some(more) => Arc::new(FilterExec::try_new(more, once)?),
        None => once,
    };
    let repeated = filtered.projected(above(window, sievable.reading(Keep::Repeated, &noting)?)?)?;
    UnionExec::try_new(vec![once, above(plan, repeated)?]).map(Some)
}

/// Windows that number the rows of each key and do nothing else.
struct Numbered<'a> {
    keys: &'a [Arc<dyn PhysicalExpr>],
    rows: &'a Arc<dyn ExecutionPlan>,
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
    let numbers = |window: &Arc<dyn WindowExpr>| {
        let is_number = call(window.as_ref()).is_some_and(|call| *call.fun() == row_number_udwf());
        is_number
            && window.partition_by() == keys
            && window.field().is_ok_and(|field| *field.data_type() == DataType::UInt64)
    };
    windows.iter().all(numbers).then_some(Numbered { keys, rows })
}

/// Rows each of which is the first, and the only one, of its key.
fn first_each(rows: Arc<dyn ExecutionPlan>, schema: &SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
    let own = rows.schema().fields().len();
    let columns = schema.fields().iter().enumerate().map(|(at, field)| {
        let column: Arc<dyn PhysicalExpr> =
            if at < own { Arc::new(Column::new(field.name(), at)) } else { lit(1_u64) };
        ProjectionExpr::new(column, field.name().clone())
    });
    Ok(Arc::new(ProjectionExec::try_new(columns.collect::<Vec<_>>(), rows)?))
}
