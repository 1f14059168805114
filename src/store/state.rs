//! What is published, as a value: a commit, and the manifests that it names as far as they are asked for.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectMeta;

use super::commit::{Commit, Stored, Whole, key};
use super::days_read::DayHashes;
use super::entry::{Entry, Manifest, month_of};
use super::layout;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::project::layer::{Layer, ModelName};
use crate::storage::Storage;

/// Requests to the storage at the same time.
const AT_ONCE: usize = 16;

/// What is published as of one commit. It never changes: whoever reads several tables from it reads no mixture of commits.
#[derive(Debug)]
pub struct State {
    storage: Storage,
    commit: Commit,
    manifests: Mutex<BTreeMap<String, Arc<Manifest>>>,
}

impl State {
    /// What is published now; nothing where no run ever was.
    ///
    /// # Errors
    /// What storage says; [`Error::Project`] for a commit that cannot be read.
    pub async fn newest(storage: &Storage) -> Result<Self> {
        let commit = match numbers(storage).await?.last() {
            Some(number) => {
                Commit::read(storage, *number).await?.ok_or_else(|| vanished(storage, *number))?
            }
            None => Commit::none(),
        };
        Ok(Self::of(storage, commit))
    }

    /// What was published as of a commit.
    ///
    /// # Errors
    /// [`Error::Usage`] where there is no such commit or it is not kept; what storage says.
    pub async fn at(storage: &Storage, number: u64) -> Result<Self> {
        let newest = Self::newest(storage).await?;
        if number == newest.number() {
            return Ok(newest);
        }
        let kept = newest.commit.kept_from..=newest.number();
        let found = if kept.contains(&number) { Commit::read(storage, number).await? } else { None };
        let commit = found.ok_or_else(|| {
            let kept = match newest.number() {
                0 => "there is none".to_owned(),
                last => format!("there are {} to {last}", newest.commit.kept_from),
            };
            Error::Usage(format!("there is no commit {number} in {}; {kept}", storage.shown()))
        })?;
        Ok(Self::of(storage, commit))
    }

    /// A commit that was read.
    pub(super) fn of(storage: &Storage, commit: Commit) -> Self {
        Self { storage: storage.clone(), commit, manifests: Mutex::default() }
    }

    /// The output's root.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The commit.
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// The number of the commit; 0 where nothing was ever published.
    pub fn number(&self) -> u64 {
        self.commit.number
    }

    /// Whether anything of a table is published.
    pub fn has(&self, table: &ModelName) -> bool {
        self.commit.tables.contains_key(&key(table))
    }

    /// The tables of which something is published.
    pub fn tables(&self) -> Vec<ModelName> {
        self.commit.tables.keys().filter_map(|name| ModelName::parse(name)).collect()
    }

    /// The published days of a table, in order; none where it never was, or is stored whole.
    ///
    /// # Errors
    /// What storage says.
    pub async fn days(&self, table: &ModelName) -> Result<Vec<NaiveDate>> {
        Ok(self.entries(table, ..).await?.into_keys().collect())
    }

    /// What is published of some days of a table.
    ///
    /// # Errors
    /// What storage says.
    pub async fn entries(
        &self,
        table: &ModelName,
        days: impl RangeBounds<NaiveDate>,
    ) -> Result<BTreeMap<NaiveDate, Entry>> {
        let wanted = self.months(table).filter(|(month, _)| overlaps(month, &days));
        let manifests: Vec<_> = wanted.map(|(_, object)| self.manifest(object.clone())).collect();
        let read: Vec<Arc<Manifest>> = stream::iter(manifests).buffered(AT_ONCE).try_collect().await?;
        let entries = read.iter().flat_map(|manifest| manifest.iter());
        let within = entries.filter(|(day, _)| days.contains(day));
        Ok(within.map(|(day, entry)| (*day, entry.clone())).collect())
    }

    /// The hash of each published day of some of a table; none where it never was, or is stored whole.
    ///
    /// # Errors
    /// What storage says.
    pub async fn hashes(&self, table: &ModelName, days: impl RangeBounds<NaiveDate>) -> Result<DayHashes> {
        let entries = self.entries(table, days).await?;
        Ok(entries.into_iter().map(|(day, entry)| (day, entry.hash_on(day))).collect())
    }

    /// What is published of one day of a table, or of a table that is stored whole.
    ///
    /// # Errors
    /// What storage says.
    pub async fn entry(&self, table: &ModelName, day: Option<NaiveDate>) -> Result<Option<Entry>> {
        match day {
            Some(day) => Ok(self.entries(table, day..=day).await?.remove(&day)),
            None => Ok(self.whole(table).map(|whole| whole.entry.clone())),
        }
    }

    /// What is published of a table that is stored whole.
    pub fn whole(&self, table: &ModelName) -> Option<&Whole> {
        match self.commit.tables.get(&key(table)) {
            Some(Stored::Whole(whole)) => Some(whole),
            _ => None,
        }
    }

    /// The newest day of the main score, or of any table but drafts where there is none: the day of `latest/`.
    ///
    /// # Errors
    /// What storage says.
    pub async fn latest(&self) -> Result<Option<NaiveDate>> {
        let main = self.commit.main.as_deref().and_then(ModelName::parse);
        let shown = || self.tables().into_iter().filter(|table| table.layer != Layer::Drafts).collect();
        let tables: Vec<ModelName> = main.filter(|main| self.has(main)).map_or_else(shown, |main| vec![main]);
        let mut latest = None;
        for table in tables {
            latest = latest.max(self.newest_day(&table).await?);
        }
        Ok(latest)
    }

    /// The newest day of a table.
    ///
    /// # Errors
    /// What storage says.
    pub async fn newest_day(&self, table: &ModelName) -> Result<Option<NaiveDate>> {
        for (_, object) in self.months(table).rev() {
            if let Some(day) = self.manifest(object.clone()).await?.keys().next_back() {
                return Ok(Some(*day));
            }
        }
        Ok(None)
    }

    /// An entry as what readers of files ask for. It never changes, so that nothing of it but name and size has to be known.
    ///
    /// # Errors
    /// [`Error::Project`] for a name that is none.
    pub fn file(&self, entry: &Entry) -> Result<ObjectMeta> {
        Ok(ObjectMeta {
            location: self.storage.location(&entry.path())?,
            last_modified: DateTime::UNIX_EPOCH,
            size: entry.bytes,
            e_tag: None,
            version: None,
        })
    }

    /// The manifests of a table, by month.
    pub(super) fn months(&self, table: &ModelName) -> impl DoubleEndedIterator<Item = (&String, &String)> {
        let months = match self.commit.tables.get(&key(table)) {
            Some(Stored::Months(months)) => Some(months.iter()),
            _ => None,
        };
        months.into_iter().flatten()
    }

    /// A manifest, read once.
    pub(super) async fn manifest(&self, object: String) -> Result<Arc<Manifest>> {
        if let Some(known) = self.manifests.lock().unwrap_or_else(PoisonError::into_inner).get(&object) {
            return Ok(Arc::clone(known));
        }
        let file = layout::object_file(&object);
        let bytes = self.storage.get_if_there(&file).await?;
        let bytes = bytes.ok_or_else(|| lost(&self.storage, &file))?;
        let read = serde_json::from_slice::<Manifest>(&bytes).map_err(|error| {
            let message = format!("{}/{file} cannot be read: {error}", self.storage.shown());
            let problem = Diagnostic::error("damaged-object", message);
            Error::Project(problem.help("`hale verify` names what is damaged").into())
        })?;
        let read = Arc::new(read);
        let mut known = self.manifests.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(known.entry(object).or_insert(read)))
    }
}

/// The kept commits of an output, from the newest to the oldest.
///
/// # Errors
/// As [`State::newest`].
pub async fn history(storage: &Storage) -> Result<Vec<Commit>> {
    let newest = State::newest(storage).await?;
    let mut numbers = numbers(storage).await?;
    numbers.retain(|number| *number >= newest.commit.kept_from);
    numbers.reverse();
    let read = numbers.into_iter().map(|number| Commit::read(storage, number));
    let read: Vec<_> = read.collect();
    let commits: Vec<Option<Commit>> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
    Ok(commits.into_iter().flatten().collect())
}

/// The numbers of the commits that are there, in order.
pub(super) async fn numbers(storage: &Storage) -> Result<Vec<u64>> {
    let files = storage.list(layout::COMMITS).await?;
    let mut numbers: Vec<u64> =
        files.iter().filter_map(|file| layout::number_of(file.location.as_ref())).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Whether a month, as commits name it, has days of a range.
fn overlaps(month: &str, days: &impl RangeBounds<NaiveDate>) -> bool {
    let first = match days.start_bound() {
        Bound::Included(day) | Bound::Excluded(day) => month >= month_of(*day).as_str(),
        Bound::Unbounded => true,
    };
    let last = match days.end_bound() {
        Bound::Included(day) | Bound::Excluded(day) => month <= month_of(*day).as_str(),
        Bound::Unbounded => true,
    };
    first && last
}

fn vanished(storage: &Storage, number: u64) -> Error {
    Error::transient(format!("commit {number} of {} is listed and cannot be found", storage.shown()))
}

fn lost(storage: &Storage, file: &str) -> Error {
    let problem = Diagnostic::error("lost-object", format!("{}/{file} is gone", storage.shown()));
    let problem = problem.note("a commit names it").help("`hale verify` names all that is gone");
    Error::Project(problem.into())
}
