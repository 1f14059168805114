//! A plan's rows as streams for the writer: one in the stored order, or several that follow one another.

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::Partitioning;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, execute_stream};

use crate::project::model::{AS_OF_DATE, Model};

/// The rows of a plan that gives them in a model's stored order, and the part of the plan that is run. Where its
/// partitions are ranges of days there is nothing to merge: each is written as it is.
///
/// # Errors
/// When the plan cannot be started.
pub(super) fn of_days(
    model: &Model,
    plan: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
) -> Result<(Arc<dyn ExecutionPlan>, Vec<SendableRecordBatchStream>)> {
    let merged = plan.downcast_ref::<SortPreservingMergeExec>().filter(|merge| merge.fetch().is_none());
    let ranges = merged
        .map(SortPreservingMergeExec::input)
        .filter(|input| model.by_day() && is_by_day(input.output_partitioning()));
    let Some(ranges) = ranges.cloned() else {
        let rows = execute_stream(Arc::clone(&plan), context)?;
        return Ok((plan, vec![rows]));
    };
    let partitions = 0..ranges.output_partitioning().partition_count();
    let parts = partitions.map(|partition| ranges.execute(partition, Arc::clone(&context)));
    let parts = parts.collect::<Result<_>>()?;
    Ok((ranges, parts))
}

/// Whether partitions are ranges of days, the first days first.
fn is_by_day(partitioning: &Partitioning) -> bool {
    let Partitioning::Range(range) = partitioning else { return false };
    let first = range.ordering().first();
    let day = first.expr.downcast_ref::<Column>().is_some_and(|column| column.name() == AS_OF_DATE);
    day && !first.options.descending && range.ordering().len() == 1
}
