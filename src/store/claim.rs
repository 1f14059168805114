//! The folder of one run below `_hale/staging/`: whose it is, and which ones killed runs have left behind.
//!
//! A run writes who it is into its folder before anything else. A folder is stale, and removed by the next run, when
//! its process is known to be gone (same boot, same process namespace, no such process) or when it cannot be known
//! and nothing was written into it for a day. A run that still lives is never touched, however old it is.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::storage::Storage;

/// Where the staging folders of all runs lie.
const STAGING: &str = "_hale/staging";

/// The file in a run's folder that says whose it is.
const OWNER: &str = "owner.json";

/// How a run's id begins.
const TIME: &str = "%Y%m%dT%H%M%S%3fZ";

/// How long a folder of unknown owner must have been left alone.
const LEFT_ALONE: Duration = Duration::from_secs(24 * 60 * 60);

/// A process as it can be told from every other one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    /// The boot of the machine and the namespace of its processes; `None` where the system does not say.
    machine: Option<String>,
    process: u32,
    /// When the process began, in clock ticks since the boot: numbers of processes are used again.
    began: Option<u64>,
}

/// Makes a folder for this run and returns the run's id and the folder.
pub(crate) async fn create(storage: &Storage) -> Result<(String, String)> {
    let owner = serde_json::to_vec(&Owner::this()).map_err(|error| Error::Bug(error.to_string()))?;
    let random = RandomState::new().build_hasher().finish();
    let run_id = format!("{}-{random:016x}", Utc::now().format(TIME));
    let folder = format!("{STAGING}/{run_id}");
    if !storage.create(&format!("{folder}/{OWNER}"), Bytes::from(owner)).await? {
        return Err(Error::transient(format!("another run has the id {run_id}; try again")));
    }
    Ok((run_id, folder))
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
    fn this() -> Self {
        let process = std::process::id();
        Self { machine: machine(), process, began: began(process) }
    }

    /// Whether the process still runs; `None` when that cannot be seen from here.
    fn lives(&self) -> Option<bool> {
        let here = self.machine.is_some() && self.machine == machine();
        (here && self.began.is_some()).then(|| began(self.process) == self.began)
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
