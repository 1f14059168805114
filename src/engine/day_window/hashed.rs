//! Hashed mode: each input partition is reduced in a task of its own, in whatever order its rows come; then accounts,
//! not rows, are divided among the output partitions. No row ever changes partition.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::common::runtime::JoinSet;
use datafusion::common::{DataFusionError, Result, exec_datafusion_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::coop::cooperative;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricBuilder, Time};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::future::{BoxFuture, Shared};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};

use super::emit::Emission;
use super::gather::Gathered;
use super::ingest::Ingest;
use super::ordered::OrderedEmission;
use super::task::Task;

/// The reduction of all input partitions, which the output partitions wait for together.
pub(super) struct Gathering {
    ready: Shared<BoxFuture<'static, Result<Arc<Ready>, Arc<DataFusionError>>>>,
    /// How many output partitions have not asked yet.
    waiting: usize,
}

impl fmt::Debug for Gathering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathering").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

/// All rows are in.
struct Ready {
    data: Arc<Gathered>,
    /// The accounts of each output partition.
    shares: Vec<Vec<u32>>,
    /// The memory of `data`, given back when the last output partition is done.
    _reservations: Vec<MemoryReservation>,
}

impl Gathering {
    /// Starts when first polled, and stops when no output partition waits any longer.
    pub(super) fn start(
        task: &Arc<Task>,
        input: &Arc<dyn ExecutionPlan>,
        context: &Arc<TaskContext>,
        metrics: &ExecutionPlanMetricsSet,
        partitions: usize,
    ) -> Self {
        let (task, input, context) = (Arc::clone(task), Arc::clone(input), Arc::clone(context));
        let metrics = metrics.clone();
        let gather =
            async move { gather(&task, &input, &context, &metrics, partitions).await.map_err(Arc::new) };
        Self { ready: gather.boxed().shared(), waiting: partitions }
    }

    /// One output partition; and the gathering for the others, as long as there are any.
    pub(super) fn stream(
        mut self,
        task: &Arc<Task>,
        context: &Arc<TaskContext>,
        metrics: &ExecutionPlanMetricsSet,
        partition: usize,
    ) -> (SendableRecordBatchStream, Option<Self>) {
        let consumer = MemoryConsumer::new(format!("DayWindowExec[results {partition}]"));
        let reservation = consumer.register(context.memory_pool());
        let baseline = BaselineMetrics::new(metrics, partition);
        let (task, ready) = (Arc::clone(task), self.ready.clone());
        let schema = Arc::clone(&task.schema);
        let batch_size = context.session_config().batch_size();
        let batches = async move {
            let ready = ready.await.map_err(DataFusionError::Shared)?;
            let (data, schema, sources) =
                (Arc::clone(&ready.data), Arc::clone(&task.schema), Arc::clone(&task.sources));
            let emission = Emission::new(data, &ready.shares[partition], schema, sources, reservation);
            let mut emission: Box<dyn Iterator<Item = Result<RecordBatch>> + Send> =
                match (task.order, task.kept_day()) {
                    (Some(order), Some(day)) => {
                        let _timer = baseline.elapsed_compute().timer();
                        Box::new(OrderedEmission::new(emission, order, day, batch_size)?)
                    }
                    _ => Box::new(emission),
                };
            let next = move || {
                // Holds the memory of the gathered rows for as long as they are read.
                let _held = &ready;
                let _timer = baseline.elapsed_compute().timer();
                let batch = emission.next();
                if let Some(Ok(batch)) = &batch {
                    baseline.record_output(batch.num_rows());
                }
                batch
            };
            Ok::<_, DataFusionError>(stream::iter(std::iter::from_fn(next)))
        };
        self.waiting -= 1;
        let stream = adapt(schema, batches.into_stream().try_flatten());
        (stream, (self.waiting > 0).then_some(self))
    }
}

/// A stream of batches that lets others run now and then.
pub(super) fn adapt(
    schema: SchemaRef,
    batches: impl stream::Stream<Item = Result<RecordBatch>> + Send + 'static,
) -> SendableRecordBatchStream {
    Box::pin(cooperative(RecordBatchStreamAdapter::new(schema, batches.boxed())))
}

async fn gather(
    task: &Arc<Task>,
    input: &Arc<dyn ExecutionPlan>,
    context: &Arc<TaskContext>,
    metrics: &ExecutionPlanMetricsSet,
    partitions: usize,
) -> Result<Arc<Ready>> {
    let mut reductions = JoinSet::new();
    for partition in 0..input.output_partitioning().partition_count() {
        let rows = input.execute(partition, Arc::clone(context))?;
        let time = MetricBuilder::new(metrics).subset_time("ingest_time", partition);
        let consumer = MemoryConsumer::new(format!("DayWindowExec[rows {partition}]"));
        let reservation = consumer.register(context.memory_pool());
        let (task, batch_size) = (Arc::clone(task), context.session_config().batch_size());
        reductions.spawn(async move {
            reduce(&task, rows, batch_size, reservation, time).await.map(|reduced| (partition, reduced))
        });
    }
    let mut reduced = Vec::new();
    while let Some(partition) = reductions.join_next().await {
        reduced.push(partition.map_err(|error| exec_datafusion_err!("reducing rows to days: {error}"))??);
    }
    // The order of completion must not show in the numbers of accounts and keys.
    reduced.sort_by_key(|(partition, _)| *partition);
    let (ingests, mut reservations): (Vec<_>, Vec<_>) =
        reduced.into_iter().map(|(_, reduced)| reduced).unzip();
    let data = Arc::new(Gathered::new(&task.spec, &input.schema(), ingests)?);
    let consumer = MemoryConsumer::new("DayWindowExec[accounts]");
    let held = consumer.register(context.memory_pool());
    held.try_grow(data.size())?;
    reservations.push(held);
    let shares = data.shares(partitions);
    Ok(Arc::new(Ready { data, shares, _reservations: reservations }))
}

async fn reduce(
    task: &Task,
    mut rows: SendableRecordBatchStream,
    batch_size: usize,
    reservation: MemoryReservation,
    time: Time,
) -> Result<(Ingest, MemoryReservation)> {
    let mut ingest = Ingest::new(&task.spec, &task.emit, &rows.schema(), batch_size)?;
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        let _timer = time.timer();
        ingest.push(&batch)?;
        reservation.try_resize(ingest.size())?;
    }
    ingest.finish()?;
    reservation.try_resize(ingest.size())?;
    Ok((ingest, reservation))
}
