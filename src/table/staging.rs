//! What one run has built and not published yet, in a folder of its own below `_hale/staging/`.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use datafusion::execution::runtime_env::RuntimeEnv;
use futures::Stream;
use url::Url;

use super::commit::{self, Published, Torn};
use super::staged::{StagedTable, WriteContext};
use super::upload::Writes;
use super::{TableSpec, writer};
use crate::error::{Error, Result};
use crate::storage::Storage;
use crate::store::claim;

/// What one run has built. It ends in [`Staging::publish`] or [`Staging::abort`]; dropped without either, it removes
/// its folder as far as that can be done without waiting, and the next run removes the rest.
pub struct Staging {
    context: Arc<WriteContext>,
    run_id: String,
    tables: Mutex<Vec<Arc<StagedTable>>>,
    removed: bool,
}

impl fmt::Debug for Staging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Staging({} in {})", self.run_id, self.context.storage.shown())
    }
}

impl Staging {
    /// Begins a run: removes what killed runs have left behind, then makes a folder of its own. Up to `threads` row
    /// groups are encoded at the same time, and their memory is accounted for in the pool of `runtime`, which can read
    /// the storage's URLs from here on.
    ///
    /// # Errors
    /// [`Error::Project`] when the storage refuses, [`Error::Transient`] when it cannot be reached.
    pub async fn begin(storage: &Storage, threads: usize, runtime: &RuntimeEnv) -> Result<Self> {
        storage.register(runtime);
        claim::remove_stale(storage).await?;
        let (run_id, folder) = claim::create(storage).await?;
        let context = Arc::new(WriteContext {
            storage: storage.clone(),
            folder,
            threads: threads.max(1),
            memory: Arc::clone(&runtime.memory_pool),
            writes: Writes::default(),
        });
        Ok(Self { context, run_id, tables: Mutex::default(), removed: false })
    }

    /// The name of the run: when it began, and a random part.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Writes and audits a table. `rows` arrive in the order of [`TableSpec::sort_key`], with at least the columns of
    /// the contract, found by name. Several tables may be written at the same time.
    ///
    /// Broken rules are no error here: see [`StagedTable::findings`]. After an error the table may be tried again.
    ///
    /// # Errors
    /// The errors of `rows`; [`Error::Bug`] when they are not sorted or lack a column, or for a table written twice;
    /// [`Error::Audit`] for a `CHECK` that cannot be evaluated; those of the storage.
    pub async fn write(
        &self,
        spec: TableSpec,
        parts: Vec<impl Stream<Item = Result<RecordBatch>> + Send + 'static>,
    ) -> Result<Arc<StagedTable>> {
        let url = self.folder_of(&spec)?;
        let written = writer::write(&self.context, &spec, parts).await?;
        Ok(self.note(spec, url, written))
    }

    fn folder_of(&self, spec: &TableSpec) -> Result<Url> {
        if self.tables().iter().any(|other| other.spec.folder() == spec.folder()) {
            return Err(Error::Bug(format!("{spec} is built twice in one run")));
        }
        self.context.storage.folder_url(&self.context.staged(&spec.folder()))
    }

    fn note(&self, spec: TableSpec, url: Url, written: writer::Written) -> Arc<StagedTable> {
        let table = Arc::new(StagedTable { spec, url, files: written.files, findings: written.findings });
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&table));
        table
    }

    /// The tables written so far, in the order in which they were done.
    pub fn tables(&self) -> Vec<Arc<StagedTable>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Publishes the given days of every table stored by day, and every other table whole; then removes the run's
    /// folder. Days outside of the range, built for the look-back of others, are not published.
    ///
    /// # Errors
    /// [`Error::Bug`] when an audit failed; those of the storage, in which case the days published so far stay.
    pub async fn publish(self, days: RangeInclusive<NaiveDate>) -> Result<Published, Torn> {
        self.publish_of(days, |_| true).await
    }

    /// As [`Staging::publish`], for the tables that are wanted: others were built only to be read within the run.
    ///
    /// # Errors
    /// As [`Staging::publish`].
    pub async fn publish_of(
        mut self,
        days: RangeInclusive<NaiveDate>,
        wanted: impl Fn(&TableSpec) -> bool,
    ) -> Result<Published, Torn> {
        let tables: Vec<_> = self.tables().into_iter().filter(|table| wanted(&table.spec)).collect();
        if let Some(broken) = tables.iter().find(|table| !table.findings.is_empty()) {
            let error = format!("{} was to be published though its audits failed", broken.spec);
            return Err(Torn::unseen(Error::Bug(error)));
        }
        let tables = commit::publish(&self.context, &tables, &days).await?;
        if let Err(error) = self.remove().await {
            let written =
                tables.iter().map(|table| (format!("{}.{}", table.layer, table.name), table.written));
            return Err(Torn { error, visible: written.filter(|(_, files)| *files > 0).collect() });
        }
        Ok(Published { run_id: self.run_id.clone(), tables })
    }

    /// Gives up: waits for what is still being written and removes the run's folder.
    ///
    /// # Errors
    /// Those of the storage.
    pub async fn abort(mut self) -> Result<()> {
        self.remove().await
    }

    async fn remove(&mut self) -> Result<()> {
        self.context.writes.all_done().await;
        self.context.storage.delete_folder(&self.context.folder).await?;
        self.removed = true;
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.removed {
            return;
        }
        // Nobody is left to tell of a failure; what stays is removed by the next run.
        if let Some(root) = self.context.storage.local_folder() {
            let _ = std::fs::remove_dir_all(root.join(&self.context.folder));
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let context = Arc::clone(&self.context);
            runtime.spawn(async move {
                context.writes.all_done().await;
                let _ = context.storage.delete_folder(&context.folder).await;
            });
        }
    }
}
