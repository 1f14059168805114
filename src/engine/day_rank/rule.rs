//! Which windows are taken over.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::functions_window::rank::rank_udwf;
use datafusion::logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::PhysicalSortExpr;
use datafusion::physical_expr::window::SlidingAggregateWindowExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::windows::{
    BoundedWindowAggExec, PlainAggregateWindowExpr, WindowAggExec, WindowExpr,
};
use datafusion::physical_plan::{Distribution, ExecutionPlan, ExecutionPlanProperties};

use super::exec::DayRankExec;
use super::places::{Place, Places};
use crate::engine::day_window::{WindowMode, WindowOptions, call, is_unfiltered};

/// Replaces windows over the rows of a day, where rows come day by day and each day in one partition.
///
/// It must be one of the first of the physical optimizer's rules, before any sorts for windows are put in. Where
/// memory is scarce (windows are to be [sorted](WindowMode::Sorted)) nothing is taken over: a day is held in memory.
#[derive(Debug, Default)]
pub struct DayRankRule;

impl PhysicalOptimizerRule for DayRankRule {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = config.extensions.get::<WindowOptions>();
        if options.is_some_and(|options| options.window_mode == WindowMode::Sorted) {
            return Ok(plan);
        }
        plan.transform_up(|plan| {
            let taken = taken_over(&plan)?;
            Ok(taken.map_or_else(|| Transformed::no(plan), |taken| Transformed::yes(Arc::new(taken) as _)))
        })
        .data()
    }

    fn name(&self) -> &str {
        "day_rank"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn taken_over(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<DayRankExec>> {
    let (windows, input) = if let Some(window) = plan.downcast_ref::<BoundedWindowAggExec>() {
        (window.window_expr(), window.input())
    } else if let Some(window) = plan.downcast_ref::<WindowAggExec>() {
        (window.window_expr(), window.input())
    } else {
        return Ok(None);
    };
    let Some(first) = windows.first() else { return Ok(None) };
    let [day, groups @ ..] = first.partition_by() else { return Ok(None) };
    let Some(day) = coming_by(day, input)? else { return Ok(None) };
    let order = first.order_by();
    let Some(results) = windows.iter().map(|window| place(window.as_ref(), order)).collect::<Option<_>>()
    else {
        return Ok(None);
    };
    let places = Places { groups: groups.to_vec(), order: order.to_vec(), results };
    Ok(Some(DayRankExec::new(Arc::clone(input), day, Arc::new(places), plan.schema())))
}

/// The order by days in which an input comes, if it does, each day in one partition.
fn coming_by(
    day: &Arc<dyn datafusion::physical_plan::PhysicalExpr>,
    input: &Arc<dyn ExecutionPlan>,
) -> Result<Option<PhysicalSortExpr>> {
    let equivalences = input.equivalence_properties();
    let required = Distribution::KeyPartitioned(vec![Arc::clone(day)]);
    let together = input.output_partitioning().satisfaction(&required, equivalences, false);
    if !together.is_satisfied() {
        return Ok(None);
    }
    let leading = equivalences.oeq_class().iter().filter_map(|ordering| ordering.iter().next());
    let of_day = leading.filter(|by| by.expr.eq(day)).map(|by| by.options);
    for options in of_day {
        let by = PhysicalSortExpr::new(Arc::clone(day), options);
        if equivalences.ordering_satisfy([by.clone()])? {
            return Ok(Some(by));
        }
    }
    Ok(None)
}

fn place(window: &dyn WindowExpr, order: &[PhysicalSortExpr]) -> Option<Place> {
    if call(window).is_some_and(|call| *call.fun() == rank_udwf()) && !order.is_empty() {
        return Some(Place::Rank);
    }
    let any = window.as_any();
    let plain = any.downcast_ref::<PlainAggregateWindowExpr>().map(|window| window.get_aggregate_expr());
    let sliding = any.downcast_ref::<SlidingAggregateWindowExpr>().map(|window| window.get_aggregate_expr());
    let aggregate = plain.or(sliding)?;
    if *aggregate.fun() != *count_udaf()
        || aggregate.is_distinct()
        || !aggregate.order_bys().is_empty()
        || !is_unfiltered(window)
    {
        return None;
    }
    let [value] = &aggregate.expressions()[..] else { return None };
    let frame = window.get_window_frame();
    if !is_unbounded(&frame.start_bound) {
        None
    } else if is_unbounded(&frame.end_bound) || (order.is_empty() && ends_here(frame)) {
        Some(Place::Count(Arc::clone(value)))
    } else {
        ends_here(frame).then(|| Place::CountUpTo(Arc::clone(value)))
    }
}

fn is_unbounded(bound: &WindowFrameBound) -> bool {
    matches!(bound, WindowFrameBound::Preceding(offset) | WindowFrameBound::Following(offset) if offset.is_null())
}

/// Whether a frame ends with the rows that share the place of the current one.
fn ends_here(frame: &WindowFrame) -> bool {
    frame.units == WindowFrameUnits::Range && matches!(frame.end_bound, WindowFrameBound::CurrentRow)
}
