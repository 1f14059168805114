//! What a commit changes, and on top of which others it may do so.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::commit::{Commit, Stored, What, Whole, key};
use super::edits::{Erasure, Promoted, collect, erase, expire, promote, roll_back, unpublish};
use super::entry::{Entry, Manifest, month_of, same};
use super::next::{Next, month_as_is};
use super::rename::{Renames, rename};
use super::state::State;
use crate::error::{Error, Result};
use crate::project::layer::ModelName;

/// What a commit changes.
#[derive(Debug, Clone)]
pub enum Change {
    /// Rows of some days are new.
    Publish {
        /// What is new of each table.
        tables: BTreeMap<ModelName, TableChange>,
        /// Other days of these that were written again with new columns, held or not: their rows are as they were.
        rewritten: BTreeMap<ModelName, BTreeMap<NaiveDate, Entry>>,
        /// The published days that were read to make it; without a day, a table that is stored whole.
        read: BTreeSet<(ModelName, Option<NaiveDate>)>,
    },
    /// All is as it was as of an earlier commit; days that differ are held.
    RollBack(u64),
    /// Days are taken out of every table, and held.
    Unpublish(BTreeSet<NaiveDate>),
    /// Days are not held any more; all of them where none is given.
    Release(BTreeSet<NaiveDate>),
    /// Earlier commits are not kept any more.
    Collect {
        /// The first commit that is kept.
        kept_from: u64,
    },
    /// Days that are older than the project keeps are taken out of every table but some, and not held.
    Expire {
        /// What the project keeps, as it says it.
        keep: String,
        /// The days.
        days: BTreeSet<NaiveDate>,
        /// Tables that keep all of theirs.
        but: BTreeSet<ModelName>,
    },
    /// Objects give way to others that are without some rows.
    Erase(Erasure),
    /// A draft becomes the definition of a score, and its own days go.
    Promote(Promoted),
    /// Tables get other names.
    Rename(Renames),
}

/// What is new of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableChange {
    /// Days, each with its rows.
    Days(BTreeMap<NaiveDate, Entry>),
    /// All of history up to the day.
    Whole(NaiveDate, Entry),
}

/// Another run has published meanwhile what this one read or wrote.
fn overtaken(table: &ModelName, day: Option<NaiveDate>) -> Error {
    let day = day.map(|day| format!(" of {day}")).unwrap_or_default();
    Error::transient(format!(
        "another run has published {table}{day} meanwhile, which this one read or built otherwise; nothing of this run \
         was published"
    ))
}

impl Change {
    /// What is published once it took effect on top of `newest`; `base` is what the run began with.
    ///
    /// # Errors
    /// [`Error::Transient`] where another run was first with what this one read or wrote; [`Error::Usage`] for a commit to go
    /// back to that is not there; what storage says.
    pub(super) async fn on(&self, newest: &State, base: &State) -> Result<Next> {
        let mut next = Next::same_as(newest.commit());
        match self {
            Self::Publish { tables, rewritten, read } => {
                let none = BTreeMap::new();
                unchanged(read, tables, newest, base).await?;
                for (table, change) in tables {
                    match change {
                        TableChange::Days(days) => {
                            let days = (days, rewritten.get(table).unwrap_or(&none));
                            days_of(&mut next, table, days, newest, base).await?;
                        }
                        TableChange::Whole(through, entry) => {
                            whole_of(&mut next, table, *through, entry, newest, base)?;
                        }
                    }
                }
            }
            Self::RollBack(number) => roll_back(&mut next, newest, *number).await?,
            Self::Unpublish(days) => unpublish(&mut next, newest, days).await?,
            Self::Release(days) => next.held.retain(|day, _| !days.is_empty() && !days.contains(day)),
            Self::Collect { kept_from } => collect(&mut next, newest, *kept_from).await?,
            Self::Expire { days, but, .. } => expire(&mut next, newest, days, but).await?,
            Self::Erase(erasure) => erase(&mut next, newest, erasure).await?,
            Self::Promote(promoted) => promote(&mut next, newest, promoted).await?,
            Self::Rename(renames) => rename(&mut next, newest, renames).await?,
        }
        Ok(next)
    }

    /// What it did, once it took effect.
    pub(super) fn what(&self, next: &Next, rescored: bool, before: &Commit) -> What {
        match self {
            Self::Publish { tables, rewritten, .. } => {
                // Daily facts have days before those of the run: from when on all tables have theirs is what was asked for.
                let firsts = tables.values().filter_map(|change| match change {
                    TableChange::Days(days) => days.keys().next().copied(),
                    TableChange::Whole(..) => None,
                });
                let lasts = tables.values().filter_map(|change| match change {
                    TableChange::Days(days) => days.keys().next_back().copied(),
                    TableChange::Whole(through, _) => Some(*through),
                });
                let last = lasts.max().unwrap_or_default();
                let first = firsts.max().unwrap_or(last);
                let added = rewritten.iter().filter(|(_, days)| !days.is_empty());
                let columns_added = added.map(|(table, days)| (key(table), days.len())).collect();
                let tables = next.changed.clone();
                What::Published { from: first, to: last, rescored, tables, columns_added }
            }
            Self::RollBack(to) => What::RolledBack { to: *to },
            Self::Unpublish(days) => What::Unpublished { days: days.iter().copied().collect() },
            Self::Release(_) => {
                let released = before.held.keys().filter(|day| !next.held.contains_key(day));
                What::Released { days: released.copied().collect() }
            }
            Self::Collect { kept_from } => What::Collected { kept_from: *kept_from },
            Self::Expire { keep, days, .. } => {
                What::Expired { keep: keep.clone(), days: days.iter().copied().collect() }
            }
            Self::Erase(erasure) => erasure.what(),
            Self::Promote(promoted) => promoted.what(),
            Self::Rename(renames) => {
                let done = renames.iter().filter(|(_, new)| next.changed.contains_key(&key(new)));
                What::Renamed { tables: done.map(|(old, new)| (key(old), key(new))).collect() }
            }
        }
    }
}

/// That what was read is what is published now, or what this run made of it.
async fn unchanged(
    read: &BTreeSet<(ModelName, Option<NaiveDate>)>,
    written: &BTreeMap<ModelName, TableChange>,
    newest: &State,
    base: &State,
) -> Result<()> {
    if newest.number() == base.number() {
        return Ok(());
    }
    for (table, day) in read {
        let (now, before) = (newest.entry(table, *day).await?, base.entry(table, *day).await?);
        let own = match (written.get(table), day) {
            (Some(TableChange::Days(days)), Some(day)) => days.get(day),
            (Some(TableChange::Whole(_, entry)), None) => Some(entry),
            _ => None,
        };
        let is_ours = own.is_some() && same(now.as_ref(), own);
        if !is_ours && !same(now.as_ref(), before.as_ref()) {
            return Err(overtaken(table, *day));
        }
    }
    Ok(())
}

/// Enters the days of a table, and those of it that were written again.
async fn days_of(
    next: &mut Next,
    table: &ModelName,
    (days, rewritten): (&BTreeMap<NaiveDate, Entry>, &BTreeMap<NaiveDate, Entry>),
    newest: &State,
    base: &State,
) -> Result<()> {
    let days: BTreeMap<&NaiveDate, &Entry> = days.iter().chain(rewritten).collect();
    let (Some(first), Some(last)) = (days.keys().next(), days.keys().next_back()) else { return Ok(()) };
    let now = newest.entries(table, **first..=**last).await?;
    let before = if newest.number() == base.number() {
        now.clone()
    } else {
        base.entries(table, **first..=**last).await?
    };
    let mut changed: BTreeMap<String, Manifest> = BTreeMap::new();
    let mut count = 0;
    for (day, entry) in days {
        if let Some(held) = next.held.get(day).filter(|_| !rewritten.contains_key(day)) {
            return Err(Error::transient(format!("{day} is held meanwhile: {}", held.why)));
        }
        let there = now.get(day);
        if there.is_some_and(|there| there.is_equal(entry)) {
            continue;
        }
        let is_same = same(there, Some(entry));
        if !is_same && !same(there, before.get(day)) {
            return Err(overtaken(table, Some(*day)));
        }
        changed.entry(month_of(*day)).or_default().insert(*day, entry.made_of_bytes_in(there));
        count += usize::from(!is_same);
    }
    // In another layout than before, what was there is of no use beside the days.
    let is_whole = matches!(next.tables.get(&key(table)), Some(Stored::Whole(_)));
    if is_whole || !next.tables.contains_key(&key(table)) {
        next.tables.insert(key(table), Stored::Months(BTreeMap::new()));
    }
    for (month, days) in changed {
        let mut manifest = month_as_is(newest, table, &month).await?;
        manifest.extend(days);
        next.manifests.push((table.clone(), month, manifest));
    }
    if count > 0 {
        next.changed.insert(key(table), count);
    }
    Ok(())
}

/// Enters a table that is stored whole, unless one is there that reaches further.
fn whole_of(
    next: &mut Next,
    table: &ModelName,
    through: NaiveDate,
    entry: &Entry,
    newest: &State,
    base: &State,
) -> Result<()> {
    let now = newest.whole(table);
    if now.is_some_and(|now| now.through > through) {
        return Ok(());
    }
    let is_same = same(now.map(|now| &now.entry), Some(entry));
    let overtakes = now.is_some_and(|now| now.through == through)
        && !same(now.map(|now| &now.entry), base.whole(table).map(|before| &before.entry));
    if overtakes && !is_same {
        return Err(overtaken(table, None));
    }
    if !is_same {
        next.changed.insert(key(table), 1);
    }
    let now = now.map(|now| &now.entry);
    let entry = match now.filter(|now| now.is_equal(entry)) {
        Some(now) => now.clone(),
        None => entry.made_of_bytes_in(now),
    };
    next.tables.insert(key(table), Stored::Whole(Whole { through, entry }));
    Ok(())
}
