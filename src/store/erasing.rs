//! An erasure under way, so that whoever comes next finishes one that was killed. One at a time:
//!
//! ```text
//! _hale/erasing.json created, only if absent ──► objects without the rows ──► what gives way to what is written into it
//!   ──► the commit ──► plain folders follow ──► earlier commits name the new objects ──► old objects go ──► the file goes
//! ```
//!
//! Killed before the commit, nothing has happened; killed after it, what is written down is enough to finish, though nobody knows
//! by then whose rows they were. Plain folders follow first: what they show by now is told by the commits as they were.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::claim::{self, Owner};
use super::commit::{Commit, Stored, key};
use super::edits::{Successors, manifest_without, succeeded};
use super::follow::{Followed, follow};
use super::named::Named;
use super::state::{State, numbers};
use super::turn::Turn;
use super::{entry, layout};
use crate::error::{Error, Result};
use crate::storage::Storage;

/// An erasure: whose it is, and what gives way to what.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Erasing {
    run: String,
    owner: Owner,
    /// By what objects are replaced.
    replaced: Successors,
    /// Objects that hold such rows too, and that no kept commit names.
    unnamed: BTreeSet<String>,
}

/// Manifests of commits and what they give way to, `None` where they stay: many commits name the same ones.
type Manifests = BTreeMap<String, Option<String>>;

impl Erasing {
    /// Begins an erasure; one that was killed is finished first.
    ///
    /// # Errors
    /// [`Error::Transient`] while another one is under way; what storage says.
    pub(crate) async fn begin(storage: &Storage, run: &str) -> Result<Self> {
        let none = (Successors::new(), BTreeSet::new());
        let this = Self { run: run.to_owned(), owner: Owner::this(), replaced: none.0, unnamed: none.1 };
        settle(storage, |erasing| erasing.owner.lives() != Some(true)).await?;
        if storage.create(layout::ERASING, this.text()?).await? {
            return Ok(this);
        }
        Err(Error::transient(format!(
            "another erasure is under way in {}; a killed one counts as gone a day after it last wrote",
            storage.shown()
        )))
    }

    /// Writes down what gives way to what: from the commit on this is what has to be done.
    ///
    /// # Errors
    /// What storage says.
    pub(crate) async fn note(
        &mut self,
        storage: &Storage,
        replaced: &Successors,
        unnamed: &BTreeSet<String>,
    ) -> Result<()> {
        self.replaced.clone_from(replaced);
        self.unnamed.clone_from(unnamed);
        storage.put(layout::ERASING, self.text()?).await?;
        storage.sync(&[layout::ERASING.to_owned()]).await
    }

    /// Gives up, where no commit was made.
    ///
    /// # Errors
    /// What storage says.
    pub(crate) async fn give_up(self, storage: &Storage) -> Result<()> {
        storage.delete(layout::ERASING).await
    }

    /// Finishes what its commit began: plain folders, earlier commits, old objects.
    ///
    /// # Errors
    /// What storage says. Whoever comes next finishes.
    pub(crate) async fn finish(self, storage: &Storage, commit: u64) -> Result<Followed> {
        let followed = follow(storage, &[]).await?;
        remove_copies(storage).await?;
        let kept_from = State::newest(storage).await?.commit().kept_from;
        let mut manifests = Manifests::new();
        for number in numbers(storage).await?.into_iter().filter(|number| *number >= kept_from) {
            let Some(before) = Commit::read(storage, number).await? else { continue };
            if let Some(mut after) = self.rewritten(storage, &before, &mut manifests, true).await? {
                after.erased_by.push(commit);
                after.rewrite(storage).await?;
            }
        }
        let named = Named::by_commits(storage, kept_from).await?;
        let old = self.replaced.keys().chain(&self.unnamed).filter(|object| !named.contains(object));
        for object in old {
            storage.delete(&layout::object_file(object)).await?;
        }
        storage.delete(layout::ERASING).await?;
        Ok(followed)
    }

    /// The kept commits that name an object which gives way.
    ///
    /// # Errors
    /// What storage says.
    pub(crate) async fn commits(&self, storage: &Storage) -> Result<BTreeSet<u64>> {
        let kept_from = State::newest(storage).await?.commit().kept_from;
        let mut manifests = Manifests::new();
        let mut commits = BTreeSet::new();
        for number in numbers(storage).await?.into_iter().filter(|number| *number >= kept_from) {
            let Some(commit) = Commit::read(storage, number).await? else { continue };
            if self.rewritten(storage, &commit, &mut manifests, false).await?.is_some() {
                commits.insert(number);
            }
        }
        Ok(commits)
    }

    /// A commit that names new objects in place of those that give way; `None` where it names none of these. With `write` its
    /// manifests are written.
    async fn rewritten(
        &self,
        storage: &Storage,
        commit: &Commit,
        manifests: &mut Manifests,
        write: bool,
    ) -> Result<Option<Commit>> {
        let state = State::of(storage, commit.clone());
        let mut after = commit.clone();
        for table in state.tables() {
            match after.tables.get_mut(&key(&table)) {
                Some(Stored::Whole(whole)) => {
                    if let Some(entry) = succeeded(&whole.entry, &self.replaced) {
                        whole.entry = entry;
                    }
                }
                Some(Stored::Months(months)) => {
                    for object in months.values_mut() {
                        if !manifests.contains_key(object) {
                            let new = self.manifest(&state, object.clone(), write).await?;
                            manifests.insert(object.clone(), new);
                        }
                        if let Some(Some(new)) = manifests.get(object) {
                            object.clone_from(new);
                        }
                    }
                }
                None => {}
            }
        }
        Ok((after != *commit).then_some(after))
    }

    /// The name of the manifest that one gives way to, which is written where that is asked for.
    async fn manifest(&self, state: &State, object: String, write: bool) -> Result<Option<String>> {
        let manifest = state.manifest(object).await?;
        let Some((manifest, _)) = manifest_without(&manifest, &self.replaced) else { return Ok(None) };
        let text = serde_json::to_vec(&manifest).map_err(|error| Error::Bug(error.to_string()))?;
        let name = layout::object_name(&entry::hash(&text), &self.run, "json");
        if write {
            let file = layout::object_file(&name);
            state.storage().put(&file, Bytes::from(text)).await?;
            state.storage().sync(&[file]).await?;
        }
        Ok(Some(name))
    }

    fn text(&self) -> Result<Bytes> {
        let text = serde_json::to_vec(self).map_err(|error| Error::Bug(error.to_string()))?;
        Ok(Bytes::from(text))
    }
}

/// Finishes an erasure that was killed, or forgets one that had not taken effect. One that lives is left alone.
///
/// # Errors
/// What storage says.
pub async fn finish_erasure(storage: &Storage) -> Result<()> {
    settle(storage, |_| false).await
}

/// Finishes an erasure that is not under way any more; of one of which that is not known, `take_over` decides once it has made
/// its commit.
async fn settle(storage: &Storage, take_over: impl Fn(&Erasing) -> bool) -> Result<()> {
    let Some(text) = storage.get_if_there(layout::ERASING).await? else { return Ok(()) };
    let read = serde_json::from_slice::<Erasing>(&text);
    let erasing = read.map_err(|error| {
        Error::transient(format!("{}/{} cannot be read: {error}", storage.shown(), layout::ERASING))
    })?;
    let is_gone = erasing.owner.lives() == Some(false) || claim::is_left(storage, &erasing.run).await?;
    if !is_gone && !take_over(&erasing) {
        return Ok(());
    }
    let made = history_of(storage, &erasing.run).await?;
    match made {
        Some(number) => {
            erasing.finish(storage, number).await?;
        }
        None if is_gone => erasing.give_up(storage).await?,
        None => {}
    }
    Ok(())
}

/// The commit that a run made.
async fn history_of(storage: &Storage, run: &str) -> Result<Option<u64>> {
    for number in numbers(storage).await?.into_iter().rev() {
        if Commit::read(storage, number).await?.is_some_and(|commit| commit.run == run) {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Removes copies that a killed follower has left on their way to plain folders. Nobody follows meanwhile.
async fn remove_copies(storage: &Storage) -> Result<()> {
    let left: Vec<String> = storage.folders(layout::STAGING).await?;
    let left: Vec<String> = left.into_iter().filter(|name| layout::is_of_follower(name)).collect();
    if left.is_empty() {
        return Ok(());
    }
    let turn = Turn::take(storage).await?;
    for name in left {
        storage.delete_folder(&format!("{}/{name}", layout::STAGING)).await?;
    }
    turn.end().await
}
