//! Plain folders follow the newest commit: what DuckDB, Polars, pandas and Spark see without knowing of commits.
//!
//! One process at a time copies what differs. Which commit the folders show is written down before and after: whoever
//! comes next, of whatever run, finishes what a killed one has begun. A plain file is a copy of its object, so that a tool
//! that writes into it changes nothing of what was published.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::NaiveDate;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};

use super::commit::Commit;
use super::entry::{Entry, same};
use super::layout;
use super::state::State;
use super::turn::Turn;
use crate::error::{Error, Result};
use crate::project::layer::{Layer, ModelName};
use crate::storage::Storage;

/// Requests to the storage at the same time.
const AT_ONCE: usize = 16;

/// Plain files of a run that are looked for one by one.
const LOOKED_FOR: usize = 2_000;

/// What a follower did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Followed {
    /// The commit that the plain folders show.
    pub commit: u64,
    /// Plain files that are new or have new bytes.
    pub written: usize,
    /// Plain files of days that are not published any more.
    pub removed: usize,
}

/// Which commit the plain folders show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The one that they showed as a whole.
    pub(super) commit: u64,
    /// Those of which they may show a part by now.
    #[serde(default)]
    pub(super) under_way: BTreeSet<u64>,
}

/// Makes the plain folders show the newest commit. Files of `also` are looked for, and written again where they are gone.
///
/// # Errors
/// What storage says; [`Error::Transient`] where another process does not let go of them. Whoever comes next finishes.
pub async fn follow(storage: &Storage, also: &[(ModelName, Option<NaiveDate>)]) -> Result<Followed> {
    let mut followed = Followed::default();
    let newest = State::newest(storage).await?;
    let todo = Todo::of(&newest, &Mark::read(storage).await?, also).await?;
    if todo.is_done(&newest) {
        return Ok(Followed { commit: newest.number(), ..followed });
    }
    let mut turn = Turn::take(storage).await?;
    let finished = async {
        loop {
            let newest = State::newest(storage).await?;
            let mark = Mark::read(storage).await?;
            let todo = Todo::of(&newest, &mark, also).await?;
            followed.commit = newest.number();
            if todo.is_done(&newest) {
                return Ok(());
            }
            let under_way = mark.under_way.iter().copied().chain([newest.number()]).collect();
            Mark { under_way, ..mark }.write(storage).await?;
            todo.execute(storage, &mut turn, &mut followed).await?;
            Mark { commit: newest.number(), under_way: BTreeSet::new() }.write(storage).await?;
        }
    };
    let finished: Result<()> = finished.await;
    // The first error is the cause.
    let ended = turn.end().await;
    finished?;
    ended?;
    Ok(followed)
}

impl Mark {
    /// Reads it; nothing was ever followed where it is not there or cannot be read.
    pub(super) async fn read(storage: &Storage) -> Result<Self> {
        let text = storage.get_if_there(layout::FOLLOWED).await?;
        Ok(text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default())
    }

    pub(super) async fn write(&self, storage: &Storage) -> Result<()> {
        let text = serde_json::to_vec(self).map_err(|error| Error::Bug(error.to_string()))?;
        storage.put(layout::FOLLOWED, Bytes::from(text)).await?;
        storage.sync(&[layout::FOLLOWED.to_owned()]).await
    }

    /// The oldest commit that is needed to tell which plain files are hale's.
    pub(super) fn needs(&self) -> Option<u64> {
        self.under_way.iter().copied().chain([self.commit]).filter(|number| *number > 0).min()
    }
}

/// What has to be done to plain files: what each is to be a copy of, or that it goes.
struct Todo {
    files: BTreeMap<String, Option<Entry>>,
    /// Whether the mark says that the folders show the commit.
    is_marked: bool,
}

impl Todo {
    async fn of(newest: &State, mark: &Mark, also: &[(ModelName, Option<NaiveDate>)]) -> Result<Self> {
        let mut files = BTreeMap::new();
        for number in mark.under_way.iter().copied().chain([mark.commit]) {
            if number == newest.number() && mark.under_way.is_empty() {
                continue;
            }
            let storage = newest.storage();
            let commit = Commit::read(storage, number).await?.unwrap_or_else(Commit::none);
            files.extend(differences(&State::of(storage, commit), newest).await?);
        }
        let is_marked = mark.commit == newest.number() && mark.under_way.is_empty();
        for (path, entry) in missing(newest, also, &files).await? {
            files.insert(path, Some(entry));
        }
        Ok(Self { files, is_marked })
    }

    fn is_done(&self, newest: &State) -> bool {
        newest.number() == 0 || (self.is_marked && self.files.is_empty())
    }

    async fn execute(self, storage: &Storage, turn: &mut Turn, followed: &mut Followed) -> Result<()> {
        let folder = layout::copies_folder(turn.number());
        let mut written = Vec::new();
        let files: Vec<_> = self.files.into_iter().enumerate().collect();
        for some in files.chunks(AT_ONCE) {
            turn.renew().await?;
            let steps: Vec<_> = some
                .iter()
                .map(|(at, (path, entry))| step(storage, format!("{folder}/{at}"), path, entry.as_ref()))
                .collect();
            let done: Vec<Result<()>> = stream::iter(steps).buffered(AT_ONCE).collect().await;
            for (done, (_, (path, entry))) in done.into_iter().zip(some) {
                done?;
                match entry {
                    Some(_) => {
                        followed.written += 1;
                        written.push(path.clone());
                    }
                    None => followed.removed += 1,
                }
            }
        }
        storage.sync(&written).await?;
        storage.delete_folder(&folder).await
    }
}

/// Makes one plain file a copy of an object, or removes it.
async fn step(storage: &Storage, through: String, path: &str, entry: Option<&Entry>) -> Result<()> {
    match entry {
        Some(entry) => storage.copy_apart(&entry.path(), path, &through).await,
        None => storage.delete_with_folder(path).await,
    }
}

/// Plain files that another commit shows otherwise than the newest: what they are to be.
async fn differences(shown: &State, newest: &State) -> Result<BTreeMap<String, Option<Entry>>> {
    let mut files = BTreeMap::new();
    let tables: BTreeSet<ModelName> = shown.tables().into_iter().chain(newest.tables()).collect();
    for table in &tables {
        let (before, after) = (is_shown(shown, table), is_shown(newest, table));
        let entries = |state: &State, whole: bool| {
            state.whole(table).filter(|_| whole).map(|whole| whole.entry.clone())
        };
        let mut put = |path: String, was: Option<&Entry>, is: Option<&Entry>| {
            if !same(was, is) {
                files.insert(path, is.cloned());
            }
        };
        let (was, is) = (entries(shown, before), entries(newest, after));
        put(layout::plain_file(table, None), was.as_ref(), is.as_ref());
        for month in differing_months(shown, newest, table, before && after) {
            let days = |state: &State, shows: bool| {
                let object = state.months(table).find(|(named, _)| **named == month);
                object.filter(|_| shows).map(|(_, object)| object.clone())
            };
            let was = manifest(shown, days(shown, before)).await?;
            let is = manifest(newest, days(newest, after)).await?;
            let all: BTreeSet<NaiveDate> = was.keys().chain(is.keys()).copied().collect();
            for day in all {
                put(layout::plain_file(table, Some(day)), was.get(&day), is.get(&day));
            }
        }
    }
    let (was, is) = (latest(shown).await?, latest(newest).await?);
    let all: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    for path in all {
        if !same(was.get(path), is.get(path)) {
            files.insert(path.clone(), is.get(path).cloned());
        }
    }
    Ok(files)
}

async fn manifest(state: &State, object: Option<String>) -> Result<BTreeMap<NaiveDate, Entry>> {
    match object {
        Some(object) => Ok(state.manifest(object).await?.as_ref().clone()),
        None => Ok(BTreeMap::new()),
    }
}

/// The months of a table whose manifests differ; all of them, where only one of the two is shown.
fn differing_months(shown: &State, newest: &State, table: &ModelName, both: bool) -> BTreeSet<String> {
    let was: BTreeMap<&String, &String> = shown.months(table).collect();
    let is: BTreeMap<&String, &String> = newest.months(table).collect();
    let all: BTreeSet<&String> = was.keys().chain(is.keys()).copied().collect();
    let differs = |month: &&String| !both || was.get(*month) != is.get(*month);
    all.into_iter().filter(differs).cloned().collect()
}

/// Whether plain folders show a table, as a commit says.
pub(super) fn is_shown(state: &State, table: &ModelName) -> bool {
    let folders = &state.commit().folders;
    let names = |named: &String| *named == table.to_string() || *named == table.layer.to_string();
    folders.is_empty() || folders.iter().any(names)
}

/// What lies in `latest/`: of each table that is shown and no draft, the rows of the one latest day.
pub(super) async fn latest(state: &State) -> Result<BTreeMap<String, Entry>> {
    let Some(day) = state.latest().await? else { return Ok(BTreeMap::new()) };
    let mut files = BTreeMap::new();
    let is_shown = |table: &ModelName| table.layer != Layer::Drafts && is_shown(state, table);
    for table in state.tables().into_iter().filter(is_shown) {
        if let Some(entry) = state.entry(&table, Some(day)).await? {
            files.insert(layout::latest_file(&table), entry);
        }
    }
    Ok(files)
}

/// Plain files of some days that are not there, or not as large as they should be; those that are written anyway are left out.
async fn missing(
    newest: &State,
    also: &[(ModelName, Option<NaiveDate>)],
    known: &BTreeMap<String, Option<Entry>>,
) -> Result<Vec<(String, Entry)>> {
    let mut wanted: BTreeMap<String, Entry> = BTreeMap::new();
    if !also.is_empty() {
        wanted.extend(latest(newest).await?);
    }
    for (table, day) in also.iter().take(LOOKED_FOR).filter(|(table, _)| is_shown(newest, table)) {
        if let Some(entry) = newest.entry(table, *day).await? {
            wanted.insert(layout::plain_file(table, *day), entry);
        }
    }
    wanted.retain(|path, _| !known.contains_key(path));
    let storage = newest.storage();
    let looks = wanted.into_iter().map(|(path, entry)| async move {
        let there = storage.find(&path).await?;
        Ok(there.is_none_or(|there| there.size != entry.bytes).then_some((path, entry)))
    });
    let looks: Vec<_> = looks.collect();
    let found: Vec<Result<Option<(String, Entry)>>> = stream::iter(looks).buffered(AT_ONCE).collect().await;
    found.into_iter().filter_map(Result::transpose).collect()
}
