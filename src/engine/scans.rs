//! What the scans of a plan have read.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{Metric, MetricValue, MetricsSet};

/// Rows that a plan has read from files so far, once for each time that it read them: what pruning left out is not among
/// them, nor what was made up on the way, such as the days of the calendar.
pub(crate) fn rows_read(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    let mut counts = BTreeMap::new();
    count_scans(plan, &mut counts);
    counts.values().sum()
}

/// The counters of scans, by where they lie: scans of one table may share them.
fn count_scans(plan: &Arc<dyn ExecutionPlan>, counts: &mut BTreeMap<*const Metric, u64>) {
    let scans_files = plan
        .downcast_ref::<DataSourceExec>()
        .is_some_and(|scan| scan.data_source().downcast_ref::<FileScanConfig>().is_some());
    if !scans_files {
        plan.children().into_iter().for_each(|input| count_scans(input, counts));
        return;
    }
    for metric in plan.metrics().iter().flat_map(MetricsSet::iter) {
        if let MetricValue::OutputRows(rows) = metric.value() {
            counts.insert(Arc::as_ptr(metric), rows.value() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::dataframe::DataFrameWriteOptions;
    use datafusion::physical_plan::ExecutionPlan;
    use datafusion::physical_plan::collect;
    use datafusion::physical_plan::execution_plan::reset_plan_states;
    use datafusion::physical_plan::union::UnionExec;
    use datafusion::prelude::{ParquetReadOptions, SessionContext};

    use super::rows_read;

    #[tokio::test]
    async fn rows_count_once_for_each_time_that_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let context = SessionContext::new();
        let files = folder.path().to_str().unwrap();
        let rows = context.sql("SELECT value FROM generate_series(1, 700)").await.unwrap();
        rows.write_parquet(files, DataFrameWriteOptions::new(), None).await.unwrap();
        let table = context.read_parquet(files, ParquetReadOptions::default()).await.unwrap();
        let plan = table.create_physical_plan().await.unwrap();
        let again = |plan: &Arc<dyn ExecutionPlan>| reset_plan_states(Arc::clone(plan)).unwrap();
        let twice = UnionExec::try_new(vec![again(&plan), again(&plan)]).unwrap();
        let batches = collect(Arc::clone(&twice), context.task_ctx()).await.unwrap();
        assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1_400);
        assert_eq!(rows_read(&twice), 1_400);
    }
}
