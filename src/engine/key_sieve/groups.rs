//! Groupings of which only groups of two rows and more are wanted: `GROUP BY k HAVING count(*) > 1`.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::Operator;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::filter::FilterExec;

use super::noting::Keep;
use super::sievable::{Filtered, Sievable, above, compared};

/// The filter over a grouping, with a projection in between or not, that gets only rows whose key may repeat; `None` where
/// that does not pay or cannot be done.
pub(super) fn sieved(
    filter: &FilterExec,
    plan: &Arc<dyn ExecutionPlan>,
    from_rows: usize,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let filtered = Filtered::by(filter)?;
    let aggregate = filtered.node.downcast_ref::<AggregateExec>();
    if !aggregate.is_some_and(|aggregate| wants_repeated(&filtered, aggregate)) {
        return Ok(None);
    }
    let grouped = grouped(filtered.node, from_rows)?;
    grouped.map(|grouped| above(plan, filtered.projected(grouped)?)).transpose()
}

/// The aggregate with a sieve below it.
fn grouped(plan: &Arc<dyn ExecutionPlan>, from_rows: usize) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(aggregate) = plan.downcast_ref::<AggregateExec>() else { return Ok(None) };
    if matches!(aggregate.mode(), AggregateMode::Final | AggregateMode::FinalPartitioned) {
        let below = grouped(aggregate.input(), from_rows)?;
        return below.map(|below| above(plan, below)).transpose();
    }
    let by = aggregate.group_expr();
    if by.has_grouping_set() {
        return Ok(None);
    }
    let keys = by.expr().iter().map(|(key, _)| Arc::clone(key)).collect();
    let Some(sievable) = Sievable::of(aggregate.input(), keys, from_rows)? else { return Ok(None) };
    let reading = sievable.reading(Keep::Repeated, &sievable.noting(&[Keep::Repeated]))?;
    above(plan, reading).map(Some)
}

/// Whether a filter keeps only groups in which some count is at least two.
fn wants_repeated(filtered: &Filtered<'_>, aggregate: &AggregateExec) -> bool {
    let groups = aggregate.group_expr().expr().len();
    let counts = |column: usize| {
        let function = column.checked_sub(groups).and_then(|at| aggregate.aggr_expr().get(at));
        function.is_some_and(|function| *function.fun() == *count_udaf())
    };
    let mut conditions = filtered.conditions.iter().filter_map(|condition| compared(&condition.inner));
    conditions.any(|(column, operator, least)| {
        counts(column)
            && match operator {
                Operator::Gt => least >= 1,
                Operator::GtEq => least >= 2,
                _ => false,
            }
    })
}
