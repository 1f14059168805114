//! Sorted mode: rows come account by account, so the accounts before the latest are done and can go out.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet};
use futures::{StreamExt, stream};

use super::emit::{CHUNK_DAYS, Emission};
use super::gather::Gathered;
use super::hashed::adapt;
use super::ingest::Ingest;
use super::task::Task;

/// The rows of one input partition, sorted by the partition keys, with their results.
pub(super) fn sorted_stream(
    task: &Arc<Task>,
    input: SendableRecordBatchStream,
    context: &TaskContext,
    metrics: &ExecutionPlanMetricsSet,
    partition: usize,
) -> Result<SendableRecordBatchStream> {
    let consumer = MemoryConsumer::new(format!("DayWindowExec[rows {partition}]"));
    let batch_size = context.session_config().batch_size();
    let groups = Groups {
        ingest: Ingest::new(&task.spec, &task.emit, &input.schema(), batch_size)?,
        task: Arc::clone(task),
        input,
        batch_size,
        reservation: consumer.register(context.memory_pool()),
        baseline: BaselineMetrics::new(metrics, partition),
        emission: None,
        is_done: false,
    };
    let batches = stream::try_unfold(groups, |mut groups| async move {
        Ok(groups.next().await?.map(|batch| (batch, groups)))
    });
    Ok(adapt(Arc::clone(&task.schema), batches))
}

/// Accounts of which some rows have come.
struct Groups {
    task: Arc<Task>,
    input: SendableRecordBatchStream,
    batch_size: usize,
    reservation: MemoryReservation,
    baseline: BaselineMetrics,
    ingest: Ingest,
    /// Accounts that are complete, on their way out.
    emission: Option<Emission>,
    is_done: bool,
}

impl Groups {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.next_emitted().transpose()? {
                return Ok(Some(batch));
            }
            if self.is_done {
                return Ok(None);
            }
            match self.input.next().await.transpose()? {
                Some(batch) => self.push(batch)?,
                None => {
                    self.is_done = true;
                    self.flush()?;
                }
            }
        }
    }

    fn next_emitted(&mut self) -> Option<Result<RecordBatch>> {
        let _timer = self.baseline.elapsed_compute().timer();
        let batch = self.emission.as_mut()?.next();
        if let Some(Ok(batch)) = &batch {
            self.baseline.record_output(batch.num_rows());
        }
        if batch.is_none() {
            self.emission = None;
        }
        batch
    }

    /// Takes in rows. When enough days have come, all accounts before the latest go out.
    fn push(&mut self, batch: RecordBatch) -> Result<()> {
        let rows = batch.num_rows();
        if rows == 0 {
            return Ok(());
        }
        let latest = match self.ingest.slots.len() + rows < CHUNK_DAYS {
            true => 0,
            false => self.ingest.last_account_start(&batch)?,
        };
        if latest > 0 {
            self.ingest.push(&batch.slice(0, latest))?;
            self.flush()?;
        } else if self.ingest.slots.len() >= CHUNK_DAYS && self.ingest.is_new_account(&batch)? {
            self.flush()?;
        }
        self.ingest.push(&batch.slice(latest, rows - latest))?;
        self.reservation.try_resize(self.ingest.size())
    }

    /// Sends out everything that has been taken in.
    fn flush(&mut self) -> Result<()> {
        let task = &self.task;
        let schema = self.input.schema();
        let empty = Ingest::new(&task.spec, &task.emit, &schema, self.batch_size)?;
        let mut full = std::mem::replace(&mut self.ingest, empty);
        full.finish()?;
        self.reservation.try_resize(full.size())?;
        let reservation = self.reservation.split(self.reservation.size());
        let data = Arc::new(Gathered::new(&task.spec, &schema, vec![full])?);
        let accounts: Vec<u32> = (0..data.accounts.len() as u32).collect();
        let (schema, sources) = (Arc::clone(&task.schema), Arc::clone(&task.sources));
        self.emission = Some(Emission::new(data, &accounts, schema, sources, reservation));
        Ok(())
    }
}
