//! The folder of one run below `_hale/staging/`: whose it is, and which ones killed runs have left behind.
//!
//! A run writes who it is into its folder before anything else, and again from time to time. A folder is stale, and removed
//! by the next run, when its process is known to be gone (same boot, same process namespace, all processes to be seen, no
//! such one) or when it cannot be known and nothing was written into it for a day. A run that still lives is never touched,
//! however old it is.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use super::layout::{self, STAGING};
use crate::error::{Error, Result};
use crate::storage::Storage;

/// The file in a run's folder that says whose it is.
const OWNER: &str = "owner.json";

/// How a run's id begins.
const TIME: &str = "%Y%m%dT%H%M%S%3fZ";

/// How long a folder of unknown owner must have been left alone.
const LEFT_ALONE: Duration = Duration::from_secs(24 * 60 * 60);

/// How often a run says that it lives.
const RENEWED: Duration = Duration::from_secs(10 * 60);

/// A process as it can be told from every other one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    /// The boot of the machine and the namespace of its processes; `None` where the system does not say.
    machine: Option<String>,
    process: u32,
    /// When the process began, in clock ticks since the boot: numbers of processes are used again.
    began: Option<u64>,
}

/// The claim of a run: a folder of its own. Dropped, it is not renewed any more.
pub(crate) struct Claim {
    run: String,
    folder: String,
    renewals: AbortOnDrop,
}

/// A task that ends with whoever has it.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Claim {
    /// Makes a folder for this run.
    ///
    /// # Errors
    /// What storage says.
    pub(crate) async fn make(storage: &Storage) -> Result<Self> {
        let owner = serde_json::to_vec(&Owner::this()).map_err(|error| Error::Bug(error.to_string()))?;
        let owner = Bytes::from(owner);
        let random = RandomState::new().build_hasher().finish();
        let run = format!("{}-{random:016x}", Utc::now().format(TIME));
        let folder = format!("{STAGING}/{run}");
        let file = format!("{folder}/{OWNER}");
        if !storage.create(&file, owner.clone()).await? {
            return Err(Error::transient(format!("another run has the id {run}; try again")));
        }
        let storage = storage.clone();
        let renewals = tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEWED).await;
                // Where it fails once, the next time is soon enough.
                let _ = storage.put(&file, owner.clone()).await;
            }
        });
        Ok(Self { run, folder, renewals: AbortOnDrop(renewals.abort_handle()) })
    }

    /// The name of the run: when it began, and a random part.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// Its folder, below the output's root.
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    /// Removes the folder.
    ///
    /// # Errors
    /// What storage says.
    pub(crate) async fn remove(&self, storage: &Storage) -> Result<()> {
        self.renewals.0.abort();
        storage.delete_folder(&self.folder).await
    }
}

/// When the oldest run began that lives, or of which it cannot be known.
pub(super) async fn oldest(storage: &Storage) -> Result<Option<DateTime<Utc>>> {
    let mut oldest = None;
    for run in storage.folders(STAGING).await? {
        if !is_stale(storage, &run, &format!("{STAGING}/{run}")).await? {
            let since = begun(&run);
            oldest = match (oldest, since) {
                (Some(oldest), Some(since)) => Some(since.min(oldest)),
                (oldest, since) => oldest.or(since),
            };
        }
    }
    Ok(oldest)
}

/// The runs that live, or of which it cannot be known.
pub(crate) async fn living(storage: &Storage) -> Result<BTreeSet<String>> {
    let mut living = BTreeSet::new();
    for run in storage.folders(STAGING).await?.into_iter().filter(|name| !layout::is_of_follower(name)) {
        if !is_left(storage, &run).await? {
            living.insert(run);
        }
    }
    Ok(living)
}

/// Removes the folders that runs have left behind; returns how many.
pub(crate) async fn remove_stale(storage: &Storage) -> Result<usize> {
    let mut removed = 0;
    for run_id in storage.folders(STAGING).await? {
        let folder = format!("{STAGING}/{run_id}");
        if is_stale(storage, &run_id, &folder).await? {
            storage.delete_folder(&folder).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Whether a run is known to be gone, or has written nothing for a day.
pub(super) async fn is_left(storage: &Storage, run: &str) -> Result<bool> {
    is_stale(storage, run, &format!("{STAGING}/{run}")).await
}

async fn is_stale(storage: &Storage, run_id: &str, folder: &str) -> Result<bool> {
    if let Some(lives) = owner_of(storage, folder).await?.and_then(|owner| owner.lives()) {
        return Ok(!lives);
    }
    let written = storage.list(folder).await?.into_iter().map(|object| object.last_modified).max();
    let left_alone = written.or_else(|| begun(run_id)).and_then(|last| (Utc::now() - last).to_std().ok());
    Ok(left_alone.is_some_and(|left_alone| left_alone > LEFT_ALONE))
}

/// Who made a folder; `None` when it does not say so in a way that can be read.
async fn owner_of(storage: &Storage, folder: &str) -> Result<Option<Owner>> {
    let owner = storage.get_if_there(&format!("{folder}/{OWNER}")).await?;
    Ok(owner.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// When a run began, as its id says.
fn begun(run_id: &str) -> Option<DateTime<Utc>> {
    let (time, _) = run_id.split_once('-')?;
    NaiveDateTime::parse_from_str(time, TIME).ok().map(|time| time.and_utc())
}

impl Owner {
    pub(super) fn this() -> Self {
        let process = std::process::id();
        Self { machine: machine(), process, began: began(process) }
    }

    /// Whether the process still runs; `None` when that cannot be seen from here.
    pub(super) fn lives(&self) -> Option<bool> {
        let here = self.machine.is_some() && self.machine == machine();
        // A system may hide the processes of others: then not even the first one is to be seen.
        let sees_all = here && began(1).is_some();
        (sees_all && self.began.is_some()).then(|| began(self.process) == self.began)
    }
}

/// The boot and the process namespace, as Linux tells them.
fn machine() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), namespace.display()))
}

/// When a process of this namespace began, in clock ticks since the boot; `None` when there is none.
fn began(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program, in parentheses, may itself hold anything; the 20th field after it is the time.
    status.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}
