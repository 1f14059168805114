//! Removing what no kept commit names: old commits, and objects that nobody can see any more.
//!
//! That earlier commits are not kept any more is itself a commit, made before anything is removed: whoever wants to go back
//! to one either was first, and then it is kept, or finds it gone.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream};

use super::amend::amend;
use super::change::Change;
use super::follow::Mark;
use super::named::Named;
use super::state::{State, numbers};
use super::{claim, layout};
use crate::error::Result;
use crate::storage::Storage;

/// Requests to the storage at the same time.
const AT_ONCE: usize = 16;

/// Clocks of machines and stores may differ by so much.
const CLOCKS: TimeDelta = TimeDelta::hours(1);

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// How many of the newest commits; at least one.
    pub commits: u64,
    /// Objects of no commit, as long as they are not older than this.
    pub age: Duration,
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// The first commit that is kept.
    pub kept_from: u64,
    /// Commits that were removed.
    pub commits: usize,
    /// Objects that were removed.
    pub objects: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// Removes what no kept commit names and what is older than asked for and than the oldest run under way. Nothing that is
/// not hale's own, by its place and its name, is ever touched.
///
/// # Errors
/// What storage says; as [`amend`].
pub async fn collect(storage: &Storage, keep: Keep) -> Result<Collected> {
    let newest = State::newest(storage).await?;
    if newest.number() == 0 {
        return Ok(Collected::default());
    }
    // The oldest that is to be kept, and what plain folders show.
    let needed = Mark::read(storage).await?.needs().unwrap_or(newest.number());
    let kept_from = (newest.number() + 1).saturating_sub(keep.commits.max(1)).min(needed).max(1);
    amend(storage, &Change::Collect { kept_from }, None).await?;
    let newest = State::newest(storage).await?;
    let kept_from = newest.commit().kept_from;
    // A run that begins from here on writes objects that are younger than this moment.
    let now = Utc::now();
    let oldest = claim::oldest(storage).await?;
    let mut collected = Collected { kept_from, ..Collected::default() };
    let named = Named::by_commits(storage, kept_from).await?;
    let age = TimeDelta::from_std(keep.age).unwrap_or(TimeDelta::MAX);
    let until = now.checked_sub_signed(age).unwrap_or(DateTime::UNIX_EPOCH);
    let until = oldest.map_or(until, |oldest| until.min(oldest - CLOCKS));
    let mut removed = Vec::new();
    for object in storage.list(layout::OBJECTS).await? {
        let Some(path) = storage.relative(&object.location) else { continue };
        let is_named = layout::object_of(&path).is_none_or(|name| named.contains(name));
        if !is_named && object.last_modified < until {
            collected.bytes += object.size;
            removed.push(path);
        }
    }
    collected.objects = removed.len();
    let old: Vec<u64> = numbers(storage).await?.into_iter().filter(|number| *number < kept_from).collect();
    collected.commits = old.len();
    // Commits go first, the oldest before the others: what is left of a collection that was killed is a whole history.
    for number in old {
        storage.delete(&layout::commit_file(number)).await?;
    }
    let removals: Vec<_> = removed.iter().map(|path| storage.delete(path)).collect();
    let done: Vec<Result<()>> = stream::iter(removals).buffered(AT_ONCE).collect().await;
    done.into_iter().collect::<Result<()>>()?;
    Ok(collected)
}
