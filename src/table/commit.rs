//! What publishing means: the one place that changes what analysts read.
//!
//! The staged file of each asked day takes the place of the published one, each in one atomic step for its readers; a
//! day whose bytes are the same is left alone. A day that was asked for and has no rows gets a file without rows, so
//! that what is published of a day never depends on what was there before. Only when every new file is in place are
//! leftovers of the replaced days removed, and `latest/` renewed. A run that is killed in between leaves some days new
//! and some old, none half; the same run again completes it.
//!
//! Here the numbered commit log will decide, once it exists, which days readers are to see.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::NaiveDate;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectMeta;

use super::staged::{StagedFile, StagedTable, WriteContext};
use super::{TableSpec, writer};
use crate::error::{Error, Result};
use crate::storage::Storage;
use crate::store::layout::{day_folder, day_of, latest_file};

/// Requests to the storage at the same time.
const AT_ONCE: usize = 16;

/// Bytes compared at once.
const COMPARED: u64 = 8 << 20;

/// What a run has published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The run.
    pub run_id: String,
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
    /// Whether the table's file in `latest/` is new.
    pub latest_written: bool,
}

/// A publish that failed: why, and what readers see of it nevertheless.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Torn {
    /// Why.
    pub error: Error,
    /// The tables with files that were replaced before, each with the number of these files.
    pub visible: Vec<(String, usize)>,
}

impl Torn {
    /// A failure before anything became visible.
    pub(super) fn unseen(error: Error) -> Self {
        Self { error, visible: Vec::new() }
    }

    fn of(error: Error, steps: &[Step<'_>]) -> Self {
        let replaced =
            steps.iter().map(|step| (step.spec.to_string(), step.replaced.load(Ordering::Relaxed)));
        Self { error, visible: replaced.filter(|(_, files)| *files > 0).collect() }
    }
}

impl From<Torn> for Error {
    fn from(torn: Torn) -> Self {
        torn.error
    }
}

/// Publishes the asked days of the staged tables.
pub(super) async fn publish(
    context: &Arc<WriteContext>,
    tables: &[Arc<StagedTable>],
    days: &RangeInclusive<NaiveDate>,
) -> Result<Vec<PublishedTable>, Torn> {
    let mut steps = Vec::new();
    for table in tables {
        steps.push(Step::of(context, table, days).await.map_err(Torn::unseen)?);
    }
    for step in &steps {
        step.replace(context).await.map_err(|error| Torn::of(error, &steps))?;
    }
    let mut published = Vec::new();
    for step in &steps {
        let latest_written = step.finish(context, days).await.map_err(|error| Torn::of(error, &steps))?;
        published.push(step.report(latest_written));
    }
    Ok(published)
}

/// What is to be done for one table, decided before anything is done.
struct Step<'a> {
    spec: &'a TableSpec,
    /// Staged files whose bytes are not published yet.
    changed: Vec<StagedFile>,
    /// Staged files that are published already.
    unchanged: Vec<StagedFile>,
    /// Files of the table from before that readers must not see beside the new ones.
    leftovers: Vec<String>,
    /// The last day that will be published.
    newest: Option<NaiveDate>,
    /// How many of the changed files readers see by now.
    replaced: AtomicUsize,
}

impl<'a> Step<'a> {
    async fn of(
        context: &Arc<WriteContext>,
        table: &'a StagedTable,
        days: &RangeInclusive<NaiveDate>,
    ) -> Result<Self> {
        let spec = &table.spec;
        let asked = asked_files(context, table, days).await?;
        let before = published_files(&context.storage, &spec.folder()).await?;
        let newest = before
            .keys()
            .filter_map(|relative| day_of(relative))
            .chain(asked.iter().filter_map(|f| f.day))
            .max();
        let leftovers =
            before.keys().filter(|relative| is_leftover(spec, relative, days, &asked)).cloned().collect();
        let compared = asked.into_iter().map(|file| {
            let published = before.get(&file.relative);
            async move { Ok::<_, Error>((is_published(context, &file, published).await?, file)) }
        });
        let mut compared = at_once(compared.collect()).await?;
        let unchanged = compared.extract_if(.., |(same, _)| *same).map(|(_, file)| file).collect();
        let changed = compared.into_iter().map(|(_, file)| file).collect();
        Ok(Self { spec, changed, unchanged, leftovers, newest, replaced: AtomicUsize::new(0) })
    }

    /// Puts the changed files in the place of the published ones. After a failure none is begun; those under way are
    /// waited for, so that what is told of them is true.
    async fn replace(&self, context: &WriteContext) -> Result<()> {
        let failed = AtomicBool::new(false);
        let moves = self.changed.iter().map(|file| async {
            if failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let moved = context.storage.rename(&context.staged(&file.relative), &file.relative).await;
            match &moved {
                Ok(()) => drop(self.replaced.fetch_add(1, Ordering::Relaxed)),
                Err(_) => failed.store(true, Ordering::Relaxed),
            }
            moved
        });
        let moves: Vec<_> = moves.collect();
        let moved: Vec<Result<()>> = futures::stream::iter(moves).buffered(AT_ONCE).collect().await;
        moved.into_iter().collect()
    }

    /// What is left to do when every new file is in place; says whether `latest/` is new.
    async fn finish(&self, context: &WriteContext, days: &RangeInclusive<NaiveDate>) -> Result<bool> {
        self.remove_leftovers(context).await?;
        self.renew_latest(&context.storage, days).await
    }

    async fn remove_leftovers(&self, context: &WriteContext) -> Result<()> {
        let removals = self.leftovers.iter().map(|relative| context.storage.delete(relative));
        at_once(removals.collect()).await.map(drop)
    }

    /// Makes the table's file in `latest/` the last published day, unless a later run has done so.
    async fn renew_latest(&self, storage: &Storage, days: &RangeInclusive<NaiveDate>) -> Result<bool> {
        let Some(newest) = self.newest.filter(|_| self.spec.by_day.is_some()) else { return Ok(false) };
        let latest = latest_file(&self.spec.layer, &self.spec.name);
        let day = format!("{}/part-0000.parquet", day_folder(&self.spec.folder(), newest));
        if let Some(before) = storage.find(&latest).await? {
            let after = storage.head(&day).await?;
            if !days.contains(&newest) || same_bytes(storage, (&latest, &before), (&day, &after)).await? {
                return Ok(false);
            }
        }
        storage.copy(&day, &latest).await?;
        Ok(true)
    }

    fn report(&self, latest_written: bool) -> PublishedTable {
        let files = || self.changed.iter().chain(&self.unchanged);
        PublishedTable {
            layer: self.spec.layer.clone(),
            name: self.spec.name.clone(),
            written: self.changed.len(),
            unchanged: self.unchanged.len(),
            rows: files().map(|file| file.rows).sum(),
            bytes: files().map(|file| file.bytes).sum(),
            latest_written,
        }
    }
}

/// The staged files to publish: the asked days, with a file for those without rows; or the file of the whole table.
async fn asked_files(
    context: &Arc<WriteContext>,
    table: &StagedTable,
    days: &RangeInclusive<NaiveDate>,
) -> Result<Vec<StagedFile>> {
    if table.spec.by_day.is_none() {
        return Ok(table.files.clone());
    }
    let mut staged: BTreeMap<_, _> = table.files.iter().map(|file| (file.day, file)).collect();
    let mut asked = Vec::new();
    for day in days.start().iter_days().take_while(|day| days.contains(day)) {
        asked.push(match staged.remove(&Some(day)) {
            Some(file) => file.clone(),
            None => writer::write_empty(context, &table.spec, day).await?,
        });
    }
    Ok(asked)
}

/// The Parquet files in a table's folder, by their path relative to the storage.
async fn published_files(storage: &Storage, folder: &str) -> Result<BTreeMap<String, ObjectMeta>> {
    let objects = storage.list(folder).await?.into_iter();
    let named = objects.filter_map(|object| Some((storage.relative(&object.location)?, object)));
    Ok(named.filter(|(relative, _)| relative.ends_with(".parquet")).collect())
}

/// Whether a file from before would be read beside the new ones: another part of a replaced day, or a file of the
/// time when the table was stored otherwise.
fn is_leftover(
    spec: &TableSpec,
    relative: &str,
    days: &RangeInclusive<NaiveDate>,
    asked: &[StagedFile],
) -> bool {
    let replaced = asked.iter().any(|file| file.relative == relative);
    let kept = spec.by_day.is_some() && day_of(relative).is_some_and(|day| !days.contains(&day));
    !replaced && !kept
}

/// The results of some requests in their order, a few of them under way at the same time.
async fn at_once<T>(requests: Vec<impl Future<Output = Result<T>>>) -> Result<Vec<T>> {
    futures::stream::iter(requests).buffered(AT_ONCE).try_collect().await
}

/// Whether the bytes of a staged file are the published ones.
async fn is_published(
    context: &WriteContext,
    staged: &StagedFile,
    published: Option<&ObjectMeta>,
) -> Result<bool> {
    let Some(published) = published.filter(|published| published.size == staged.bytes) else {
        return Ok(false);
    };
    if staged.e_tag.is_some() && staged.e_tag == published.e_tag {
        return Ok(true);
    }
    let storage = &context.storage;
    let path = context.staged(&staged.relative);
    same_content(storage, (&path, &staged.relative), staged.bytes).await
}

/// Whether two objects have the same bytes.
async fn same_bytes(storage: &Storage, a: (&str, &ObjectMeta), b: (&str, &ObjectMeta)) -> Result<bool> {
    if a.1.size != b.1.size {
        return Ok(false);
    }
    let marked = a.1.e_tag.is_some() && a.1.e_tag == b.1.e_tag;
    Ok(marked || same_content(storage, (a.0, b.0), a.1.size).await?)
}

/// Whether two objects of the same size have the same bytes, by reading them.
async fn same_content(storage: &Storage, (a, b): (&str, &str), size: u64) -> Result<bool> {
    for start in (0..size).step_by(COMPARED as usize) {
        let range = start..size.min(start + COMPARED);
        let (a, b) = tokio::try_join!(storage.get_range(a, range.clone()), storage.get_range(b, range))?;
        if a != b {
            return Ok(false);
        }
    }
    Ok(true)
}
