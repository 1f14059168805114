//! What one run has built and not published yet, in a folder of its own below `_hale/staging/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use datafusion::execution::runtime_env::RuntimeEnv;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use url::Url;

use super::staged::{StagedFile, StagedTable, WriteContext};
use super::upload::Writes;
use super::{Again, TableSpec, writer};
use crate::error::{Error, Result};
use crate::project::layer::ModelName;
use crate::storage::Storage;
use crate::store::claim::{self, Claim};
use crate::store::{self, Author, NewFile, NewTable, Outcome, Rewritten, State, Unfinished};

/// Requests to the storage at the same time.
const AT_ONCE: usize = 16;

/// What is to be published of what a run has built.
pub struct Publication<'a> {
    /// What was published when the run began.
    pub base: &'a State,
    /// Who publishes it, and why; the run's name is filled in.
    pub author: Author,
    /// The days of tables stored by day.
    pub days: BTreeSet<NaiveDate>,
    /// Further days of some of these.
    pub facts: BTreeMap<ModelName, BTreeSet<NaiveDate>>,
    /// Published days of some of these that were written again with new columns.
    pub rewritten: BTreeMap<ModelName, Vec<Rewritten>>,
    /// The published days that were read to make it; without a day, a table that is stored whole.
    pub read: BTreeSet<(ModelName, Option<NaiveDate>)>,
}

/// What a run has published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The run.
    pub run_id: String,
    /// The commit that made it visible; `None` where all of it was published before, byte for byte.
    pub commit: Option<u64>,
    /// Its tables, in the order in which they were built.
    pub tables: Vec<PublishedTable>,
}

/// What a run has published of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedTable {
    /// The layer.
    pub layer: String,
    /// The name within the layer.
    pub name: String,
    /// Files that are new or have new bytes.
    pub written: usize,
    /// Files that were published before, byte for byte, and left alone.
    pub unchanged: usize,
    /// Rows of all of these files.
    pub rows: u64,
    /// Bytes of all of these files.
    pub bytes: u64,
}

/// What one run has built. It ends in [`Staging::publish`] or [`Staging::abort`]; dropped without either, it removes
/// its folder as far as that can be done without waiting, and the next run removes the rest.
pub struct Staging {
    context: Arc<WriteContext>,
    claim: Claim,
    tables: Mutex<Vec<Arc<StagedTable>>>,
    removed: bool,
}

impl fmt::Debug for Staging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Staging({} in {})", self.run_id(), self.context.storage.shown())
    }
}

impl Staging {
    /// Begins a run: finishes an erasure that was killed, removes what killed runs have left behind, then makes a folder of its
    /// own. Up to `threads` row groups are encoded at the same time, and their memory is accounted for in the pool of
    /// `runtime`, which can read the storage's URLs from here on.
    ///
    /// # Errors
    /// [`Error::Project`] when the storage refuses, [`Error::Transient`] when it cannot be reached.
    pub async fn begin(storage: &Storage, threads: usize, runtime: &RuntimeEnv) -> Result<Self> {
        storage.register(runtime);
        store::finish_erasure(storage).await?;
        claim::remove_stale(storage).await?;
        let claim = Claim::make(storage).await?;
        let context = Arc::new(WriteContext {
            storage: storage.clone(),
            folder: claim.folder().to_owned(),
            threads: threads.max(1),
            memory: Arc::clone(&runtime.memory_pool),
            writes: Writes::default(),
        });
        Ok(Self { context, claim, tables: Mutex::default(), removed: false })
    }

    /// The name of the run: when it began, and a random part.
    pub fn run_id(&self) -> &str {
        self.claim.run()
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

    /// Writes a published day of a table again, of rows that are as they were but for new columns.
    ///
    /// # Errors
    /// As [`Staging::write`], and [`Error::Bug`] where the rows break a rule.
    pub(crate) async fn write_again(
        &self,
        spec: &TableSpec,
        day: NaiveDate,
        rows: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
    ) -> Result<NewFile> {
        let WriteContext { storage, folder, threads, memory, .. } = self.context.as_ref();
        let again = Again { storage: storage.clone(), threads: *threads, memory: Arc::clone(memory) };
        again.write(format!("{folder}/again"), (spec, Some(day)), rows).await
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

    /// Publishes the days of the tables that are wanted (others were built only to be read within the run), makes the plain
    /// folders follow, and removes the run's folder. A day that was asked for and has no rows gets a file without rows, so that
    /// what is published of a day never depends on what was there before.
    ///
    /// # Errors
    /// [`Error::Bug`] when an audit failed; as [`store::publish()`], and nothing is published; as [`store::follow()`], when it is.
    pub async fn publish(
        mut self,
        publication: Publication<'_>,
        wanted: impl Fn(&TableSpec) -> bool,
    ) -> Result<Published, Unfinished> {
        let published = self.commit(publication, wanted).await;
        let removed = self.remove().await;
        let (outcome, tables, files) = published?;
        let late = |error| Unfinished { error, commit: outcome.commit, is_unknown: false };
        store::follow(&self.context.storage, &files).await.map_err(late)?;
        removed.map_err(late)?;
        Ok(Published { run_id: self.run_id().to_owned(), commit: outcome.commit, tables })
    }

    async fn commit(
        &self,
        publication: Publication<'_>,
        wanted: impl Fn(&TableSpec) -> bool,
    ) -> Result<(Outcome, Vec<PublishedTable>, Vec<(ModelName, Option<NaiveDate>)>), Unfinished> {
        let Publication { base, author, days, facts, mut rewritten, read } = publication;
        let tables: Vec<_> = self.tables().into_iter().filter(|table| wanted(&table.spec)).collect();
        if let Some(broken) = tables.iter().find(|table| !table.findings.is_empty()) {
            let error = format!("{} was to be published though its audits failed", broken.spec);
            return Err(Error::Bug(error).into());
        }
        let Some(last) = days.last().copied() else {
            return Ok((Outcome::default(), Vec::new(), Vec::new()));
        };
        let (mut new, mut asked) = (Vec::new(), Vec::new());
        for table in &tables {
            let name = table.spec.model()?;
            let further = facts.get(&name).into_iter().flatten();
            let files = self.asked(table, &further.chain(&days).copied().collect()).await?;
            new.push(NewTable {
                rewritten: rewritten.remove(&name).unwrap_or_default(),
                table: name,
                through: table.spec.by_day.is_none().then_some(last),
                files: files.iter().map(|file| self.new_file(file)).collect(),
            });
            asked.push(files);
        }
        let author = Author { run: self.run_id().to_owned(), ..author };
        let outcome = store::publish(base, &author, &new, read).await?;
        let mut published = Vec::new();
        for ((table, new), files) in tables.iter().zip(&new).zip(&asked) {
            let written = outcome.changed.get(&new.table).copied().unwrap_or(0);
            published.push(PublishedTable {
                layer: table.spec.layer.clone(),
                name: table.spec.name.clone(),
                written,
                unchanged: files.len() - written.min(files.len()),
                rows: files.iter().map(|file| file.rows).sum(),
                bytes: files.iter().map(|file| file.bytes).sum(),
            });
        }
        let names = new.iter().flat_map(|new| new.files.iter().map(|file| (new.table.clone(), file.day)));
        Ok((outcome, published, names.collect()))
    }

    /// The staged files to publish: the asked days, with a file for those without rows; or the file of the whole table.
    async fn asked(&self, table: &StagedTable, days: &BTreeSet<NaiveDate>) -> Result<Vec<StagedFile>> {
        if table.spec.by_day.is_none() {
            return Ok(table.files.clone());
        }
        let staged: BTreeMap<_, _> = table.files.iter().map(|file| (file.day, file)).collect();
        let files = days.iter().map(|day| async {
            match staged.get(&Some(*day)) {
                Some(file) => Ok((*file).clone()),
                None => writer::write_empty(&self.context, &table.spec, *day).await,
            }
        });
        stream::iter(files.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await
    }

    fn new_file(&self, file: &StagedFile) -> NewFile {
        let StagedFile { relative, day, rows, bytes, hash } = file;
        let path = self.context.staged(relative);
        NewFile { day: *day, path, hash: hash.clone(), rows: *rows, bytes: *bytes }
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
        self.claim.remove(&self.context.storage).await?;
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
