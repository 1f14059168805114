//! How far the building of a table has come.

use std::sync::Arc;
use std::time::Duration;

use datafusion::physical_plan::ExecutionPlan;

use super::watch::{Event, Watch};
use crate::engine::resident;
use crate::engine::scans::rows_read;
use crate::project::layer::ModelName;

/// How often a watcher hears of progress.
const TICK: Duration = Duration::from_millis(200);

/// Waits for a table to be written and tells of the rows that its plan has read and given so far. Beside what was waited
/// for, the most memory that the process was seen to hold meanwhile, in bytes, where the system tells.
pub(super) async fn watched<T>(
    watch: &dyn Watch,
    model: &ModelName,
    plan: &Arc<dyn ExecutionPlan>,
    work: impl Future<Output = T>,
) -> (T, Option<u64>) {
    let mut memory = None;
    let mut work = std::pin::pin!(work);
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            done = &mut work => return (done, memory.max(resident())),
            _ = ticks.tick() => {
                memory = memory.max(resident());
                watch.saw(&Event::Progress { model, rows_read: rows_read(plan), rows_written: rows_given(plan) });
            }
        }
    }
}

fn rows_given(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    plan.metrics().and_then(|metrics| metrics.output_rows()).unwrap_or_default() as u64
}
