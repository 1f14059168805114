//! Changes that no run makes: going back to a commit, taking days out, taking rows out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::commit::{Held, Stored, What, Whole, key};
use super::entry::{Entry, Manifest, month_of, same};
use super::layout;
use super::next::{Next, month_as_is};
use super::state::{State, history};
use crate::error::{Error, Result};
use crate::project::layer::{Layer, ModelName};

/// What an object gives way to, so that the rows that were asked for are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Successor {
    /// The new object's name.
    pub object: String,
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
}

/// By what objects are replaced, by their names.
pub type Successors = BTreeMap<String, Successor>;

/// Rows that are taken out of all that is kept. Whose they are stands nowhere in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erasure {
    /// The column that names whose rows they are.
    pub column: String,
    /// How many values of it were asked for.
    pub values: usize,
    /// How many rows of objects are gone: a row of three commits that have an object each is three.
    pub rows: u64,
    /// By what objects are replaced.
    pub replaced: Successors,
    /// Every object of rows that was looked into.
    pub seen: BTreeSet<String>,
    /// The kept commits that are rewritten, all but the newest.
    pub commits: BTreeSet<u64>,
}

impl Erasure {
    /// What a commit says of it.
    pub(super) fn what(&self) -> What {
        What::Erased {
            column: self.column.clone(),
            values: self.values,
            rows: self.rows,
            objects: self.replaced.len(),
            commits: self.commits.iter().copied().collect(),
        }
    }
}

/// An entry whose object gave way; the key stays, so that nothing is stale.
pub(super) fn succeeded(entry: &Entry, replaced: &Successors) -> Option<Entry> {
    let Successor { object, rows, bytes } = replaced.get(&entry.object)?.clone();
    Some(entry.moved_to(object, rows, bytes))
}

/// A manifest in which objects gave way, and how many; `None` where none did.
pub(super) fn manifest_without(manifest: &Manifest, replaced: &Successors) -> Option<(Manifest, usize)> {
    let new: Manifest = manifest
        .iter()
        .filter_map(|(day, entry)| succeeded(entry, replaced).map(|entry| (*day, entry)))
        .collect();
    let count = new.len();
    (count > 0).then(|| (manifest.clone().into_iter().chain(new).collect(), count))
}

/// Takes rows out of what is published.
///
/// # Errors
/// [`Error::Transient`] where anything was published meanwhile that nobody has looked into; what storage says.
pub(super) async fn erase(next: &mut Next, newest: &State, erasure: &Erasure) -> Result<()> {
    next.is_of_history = true;
    let unseen = |entry: &Entry, table: &ModelName| match erasure.seen.contains(&entry.object) {
        true => Ok(()),
        false => Err(Error::transient(format!(
            "another run has published {table} meanwhile, and its rows were not looked into; nothing was erased"
        ))),
    };
    for table in newest.tables() {
        if let Some(whole) = newest.whole(&table) {
            unseen(&whole.entry, &table)?;
            if let Some(entry) = succeeded(&whole.entry, &erasure.replaced) {
                let whole = Whole { through: whole.through, entry };
                next.tables.insert(key(&table), Stored::Whole(whole));
                next.changed.insert(key(&table), 1);
            }
        }
        for (month, object) in newest.months(&table) {
            let manifest = newest.manifest(object.clone()).await?;
            manifest.values().try_for_each(|entry| unseen(entry, &table))?;
            if let Some((manifest, count)) = manifest_without(&manifest, &erasure.replaced) {
                *next.changed.entry(key(&table)).or_default() += count;
                next.manifests.push((table.clone(), month.clone(), manifest));
            }
        }
    }
    Ok(())
}

/// Publishes what was published as of an earlier commit; days that differ are held.
///
/// # Errors
/// [`Error::Usage`] where that commit is not there; [`Error::Transient`] while rows are being taken out of earlier commits.
pub(super) async fn roll_back(next: &mut Next, newest: &State, number: u64) -> Result<()> {
    if newest.storage().find(layout::ERASING).await?.is_some() {
        return Err(Error::transient(
            "rows are being erased from earlier commits; go back once that is done".to_owned(),
        ));
    }
    let wanted = State::at(newest.storage(), number).await?;
    let mut differing = BTreeSet::new();
    let tables: BTreeSet<ModelName> = newest.tables().into_iter().chain(wanted.tables()).collect();
    for table in &tables {
        let (now, then) = (newest.entries(table, ..).await?, wanted.entries(table, ..).await?);
        let days: BTreeSet<NaiveDate> = now.keys().chain(then.keys()).copied().collect();
        let other = days.into_iter().filter(|day| !same(now.get(day), then.get(day))).collect::<Vec<_>>();
        if !other.is_empty() {
            next.changed.insert(key(table), other.len());
        }
        // What is shown to none holds no day.
        if table.layer != Layer::Drafts {
            differing.extend(other);
        }
    }
    let why = format!("rolled back to commit {number}");
    let since = newest.number() + 1;
    next.tables.clone_from(&wanted.commit().tables);
    next.counts = Some((wanted.commit().definition.clone(), wanted.commit().main.clone()));
    next.held.extend(differing.into_iter().map(|day| (day, Held { since, why: why.clone() })));
    Ok(())
}

/// A draft that becomes the definition of a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promoted {
    /// The draft.
    pub draft: String,
    /// The score that it becomes.
    pub score: String,
    /// The hash of its definition.
    pub definition: String,
    /// The tables of the draft.
    pub tables: Vec<ModelName>,
}

impl Promoted {
    /// What a commit says of it.
    pub(super) fn what(&self) -> What {
        let Self { draft, score, definition, .. } = self.clone();
        What::Promoted { draft, score, definition }
    }
}

/// Takes the tables of a draft out. It is worth a commit by itself, unless the newest one says the same already.
///
/// # Errors
/// What storage says.
pub(super) async fn promote(next: &mut Next, newest: &State, promoted: &Promoted) -> Result<()> {
    for table in &promoted.tables {
        let days = newest.days(table).await?.len();
        if next.tables.remove(&key(table)).is_some() {
            next.changed.insert(key(table), days);
        }
    }
    next.is_of_history |= newest.commit().what != promoted.what();
    Ok(())
}

/// Keeps no commit before one any more, but which definitions published in them.
///
/// # Errors
/// What storage says.
pub(super) async fn collect(next: &mut Next, newest: &State, kept_from: u64) -> Result<()> {
    next.kept_from = next.kept_from.max(kept_from);
    for commit in history(newest.storage()).await?.iter().filter(|commit| commit.number < kept_from) {
        let (What::Published { tables, .. }, Some(definition)) = (&commit.what, &commit.definition) else {
            continue;
        };
        let gone = next.gone.entry(definition.clone()).or_default();
        gone.last = gone.last.max(commit.number);
        gone.tables.extend(tables.keys().cloned());
    }
    Ok(())
}

/// Takes days out of every table, and holds them.
///
/// # Errors
/// [`Error::Usage`] where no table has any of them; what storage says.
pub(super) async fn unpublish(next: &mut Next, newest: &State, days: &BTreeSet<NaiveDate>) -> Result<()> {
    expire(next, newest, days, &BTreeSet::new()).await?;
    if next.manifests.is_empty() {
        let days: Vec<String> = days.iter().map(NaiveDate::to_string).collect();
        return Err(Error::Usage(format!("no table is published on {}", days.join(", "))));
    }
    let since = newest.number() + 1;
    let held = |day: &NaiveDate| (*day, Held { since, why: "unpublished".to_owned() });
    next.held.extend(days.iter().map(held));
    Ok(())
}

/// Takes days out of every table but some.
///
/// # Errors
/// What storage says.
pub(super) async fn expire(
    next: &mut Next,
    newest: &State,
    days: &BTreeSet<NaiveDate>,
    but: &BTreeSet<ModelName>,
) -> Result<()> {
    let months: BTreeSet<String> = days.iter().copied().map(month_of).collect();
    for table in newest.tables().into_iter().filter(|table| !but.contains(table)) {
        for month in &months {
            let mut manifest = month_as_is(newest, &table, month).await?;
            let before = manifest.len();
            manifest.retain(|day, _| !days.contains(day));
            if manifest.len() < before {
                *next.changed.entry(key(&table)).or_default() += before - manifest.len();
                next.manifests.push((table.clone(), month.clone(), manifest));
            }
        }
    }
    Ok(())
}
