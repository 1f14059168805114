//! Whether all that is published is there, with the bytes that it was published with; and what lies there beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures::{StreamExt, stream};

use super::commit::Stored;
use super::entry::{self, Entry};
use super::follow::{is_shown, latest};
use super::layout;
use super::state::State;
use crate::error::Result;
use crate::project::layer::Layer;
use crate::storage::Storage;

/// Files that are read at the same time.
const AT_ONCE: usize = 8;

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A commit names it, and it is not there.
    Missing,
    /// It has other bytes than were published.
    Changed,
    /// It lies among hale's files, and no commit names it: somebody else's, or of an earlier layout. It is left alone.
    Strange,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Strange => "strange",
        })
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// The commit.
    pub commit: u64,
    /// Files that were read.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// What is wrong, by the path below the output's root.
    pub faults: BTreeMap<String, Fault>,
}

impl Verified {
    /// Whether anything is missing or changed. Strange files are worth a warning, and no more.
    pub fn is_broken(&self) -> bool {
        self.faults.values().any(|fault| *fault != Fault::Strange)
    }
}

/// Reads every file that a commit names, and where it is the newest the plain folders too.
///
/// # Errors
/// What storage says.
pub async fn verify(state: &State, with_plain: bool) -> Result<Verified> {
    let storage = state.storage();
    let mut verified = Verified { commit: state.number(), ..Verified::default() };
    let mut wanted: BTreeMap<String, Entry> = BTreeMap::new();
    let mut plain: BTreeMap<String, Entry> = if with_plain { latest(state).await? } else { BTreeMap::new() };
    for table in state.tables() {
        let shows = with_plain && is_shown(state, &table);
        let Some(stored) = state.commit().tables.get(&table.to_string()) else { continue };
        let entries = match stored {
            Stored::Whole(whole) => vec![(None, whole.entry.clone())],
            Stored::Months(months) => days(state, months, &mut verified).await?,
        };
        for (day, entry) in entries {
            if shows {
                plain.insert(layout::plain_file(&table, day), entry.clone());
            }
            wanted.insert(entry.path(), entry);
        }
    }
    wanted.extend(plain.iter().map(|(path, entry)| (path.clone(), entry.clone())));
    let looks = wanted
        .iter()
        .map(|(path, entry)| async move { (path, entry.bytes, look(storage, path, entry).await) });
    let mut looks = stream::iter(looks.collect::<Vec<_>>()).buffered(AT_ONCE);
    while let Some((path, bytes, fault)) = looks.next().await {
        verified.files += 1;
        verified.bytes += bytes;
        if let Some(fault) = fault? {
            verified.faults.insert(path.clone(), fault);
        }
    }
    if with_plain {
        let known: BTreeSet<&String> = plain.keys().collect();
        strange(storage, &known, &mut verified).await?;
    }
    Ok(verified)
}

/// The days of a table; manifests that are gone or damaged are faults.
async fn days(
    state: &State,
    months: &BTreeMap<String, String>,
    verified: &mut Verified,
) -> Result<Vec<(Option<chrono::NaiveDate>, Entry)>> {
    let mut all = Vec::new();
    for object in months.values() {
        let path = layout::object_file(object);
        let fault = match state.storage().get_if_there(&path).await? {
            None => Some(Fault::Missing),
            Some(text) if entry::hash(&text) != layout::hash_of(object) => Some(Fault::Changed),
            Some(_) => None,
        };
        verified.files += 1;
        match fault {
            Some(fault) => drop(verified.faults.insert(path, fault)),
            None => {
                let manifest = state.manifest(object.clone()).await?;
                all.extend(manifest.iter().map(|(day, entry)| (Some(*day), entry.clone())));
            }
        }
    }
    Ok(all)
}

async fn look(storage: &Storage, path: &str, entry: &Entry) -> Result<Option<Fault>> {
    Ok(match storage.get_if_there(path).await? {
        None => Some(Fault::Missing),
        Some(bytes) if bytes.len() as u64 != entry.bytes || entry::hash(&bytes) != entry.hash() => {
            Some(Fault::Changed)
        }
        Some(_) => None,
    })
}

/// Files in the folders of layers and in `latest/` that no commit put there.
async fn strange(storage: &Storage, known: &BTreeSet<&String>, verified: &mut Verified) -> Result<()> {
    let layers = Layer::ALL.into_iter().map(Layer::name);
    for folder in layers.chain([layout::LATEST]) {
        for file in storage.list(folder).await? {
            let Some(path) = storage.relative(&file.location) else { continue };
            if !known.contains(&path) {
                verified.faults.insert(path, Fault::Strange);
            }
        }
    }
    Ok(())
}
