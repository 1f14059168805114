//! Windows of which only the first row of each key is wanted: `QUALIFY row_number() OVER (PARTITION BY k …) = 1`.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::Result;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{Column, lit};
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_expr::utils::{conjunction_opt, split_conjunction};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec, WindowExpr};
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

use super::noting::Keep;
use super::sievable::{Sievable, above, compared};
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
    let projection = filter.input().downcast_ref::<ProjectionExec>();
    let below = projection.map_or(filter.input(), ProjectionExec::input);
    let Some((keys, rows)) = numbered(below) else { return Ok(None) };
    let first_number = rows.schema().fields().len();
    let (mut wants_firsts, mut more) = (false, Vec::new());
    for condition in split_conjunction(filter.predicate()) {
        let inner = match projection {
            Some(projection) => projection.projection_expr().unproject_expr(condition)?,
            None => Arc::clone(condition),
        };
        match compared(&inner) {
            Some((column, Operator::Eq | Operator::LtEq, 1) | (column, Operator::Lt, 2))
                if column >= first_number =>
            {
                wants_firsts = true;
            }
            _ => more.push(Arc::clone(condition)),
        }
    }
    if !wants_firsts {
        return Ok(None);
    }
    let Some(sievable) = Sievable::of(rows, keys.to_vec(), from_rows)? else { return Ok(None) };
    let projected = |rows| if projection.is_some() { above(filter.input(), rows) } else { Ok(rows) };
    let noting = sievable.noting(&[Keep::Once, Keep::Repeated]);
    let once = projected(first_each(sievable.reading(Keep::Once, &noting)?, &below.schema())?)?;
    let once = match conjunction_opt(more) {
        Some(more) => Arc::new(FilterExec::try_new(more, once)?),
        None => once,
    };
    let repeated = projected(above(below, sievable.reading(Keep::Repeated, &noting)?)?)?;
    UnionExec::try_new(vec![once, above(plan, repeated)?]).map(Some)
}

/// The keys and the rows of windows that number the rows of each key and do nothing else.
fn numbered(plan: &Arc<dyn ExecutionPlan>) -> Option<(&[Arc<dyn PhysicalExpr>], &Arc<dyn ExecutionPlan>)> {
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
    windows.iter().all(numbers).then_some((keys, rows))
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
