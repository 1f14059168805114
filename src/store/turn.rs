//! Whose turn it is to follow: one process at a time.
//!
//! Turns are numbered files that are created only where there are none. The newest one is whose turn it is, until it says
//! that it has ended, its process is known to be gone, or nobody has renewed it for a while.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::claim::Owner;
use super::layout;
use crate::error::{Error, Result};
use crate::storage::Storage;

/// How often a turn is renewed by the one that has it.
const RENEWED: Duration = Duration::from_secs(10);

/// How long nobody may have renewed it until the next one takes over.
const LEFT: Duration = Duration::from_secs(60);

/// How long to wait for a turn.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The turn of this process.
pub(super) struct Turn {
    storage: Storage,
    number: u64,
    renewed: Instant,
}

#[derive(Serialize, Deserialize)]
struct Written {
    owner: Owner,
    ended: bool,
    /// Counts up, so that the file changes with each renewal.
    renewals: u64,
}

/// A turn as it was last seen, and since when it looks so.
struct Seen {
    number: u64,
    text: Bytes,
    since: Instant,
}

impl Turn {
    /// Waits for a turn.
    ///
    /// # Errors
    /// [`Error::Transient`] where none comes, or storage cannot be reached; what it refuses.
    pub(super) async fn take(storage: &Storage) -> Result<Self> {
        let begun = Instant::now();
        let mut seen: Option<Seen> = None;
        while begun.elapsed() < PATIENCE {
            let numbers = numbers(storage).await?;
            let newest = numbers.last().copied();
            if let Some(number) = newest
                && let Some(text) = storage.get_if_there(&file(number)).await?
                && is_taken(&mut seen, number, text)
            {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            let turn = Self { storage: storage.clone(), number: newest.unwrap_or(0) + 1, renewed: begun };
            if storage.create(&file(turn.number), turn.text(false)?).await? {
                for number in numbers {
                    storage.delete(&file(number)).await?;
                }
                return Ok(Self { renewed: Instant::now(), ..turn });
            }
        }
        Err(Error::transient(format!(
            "another process has been renewing the plain folders of {} for a quarter of an hour",
            storage.shown()
        )))
    }

    /// Its number.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Says from time to time that it is not over.
    ///
    /// # Errors
    /// [`Error::Transient`] where another process has taken over.
    pub(super) async fn renew(&mut self) -> Result<()> {
        if self.renewed.elapsed() < RENEWED {
            return Ok(());
        }
        if numbers(&self.storage).await?.last() != Some(&self.number) {
            return Err(Error::transient("another process renews the plain folders by now"));
        }
        self.storage.put(&file(self.number), self.text(false)?).await?;
        self.renewed = Instant::now();
        Ok(())
    }

    /// Lets the next one in.
    ///
    /// # Errors
    /// What storage says.
    pub(super) async fn end(self) -> Result<()> {
        self.storage.put(&file(self.number), self.text(true)?).await.map(drop)
    }

    fn text(&self, ended: bool) -> Result<Bytes> {
        let renewals = self.renewed.elapsed().as_millis() as u64;
        let written = Written { owner: Owner::this(), ended, renewals };
        let text = serde_json::to_vec(&written).map_err(|error| Error::Bug(error.to_string()))?;
        Ok(Bytes::from(text))
    }
}

/// Whether a turn is taken: it has not ended, and whoever has it lives as far as that can be seen.
fn is_taken(seen: &mut Option<Seen>, number: u64, text: Bytes) -> bool {
    let written = serde_json::from_slice::<Written>(&text).ok();
    if let Some(Written { ended: true, .. }) = written {
        return false;
    }
    if let Some(lives) = written.and_then(|written| written.owner.lives()) {
        return lives;
    }
    match seen {
        Some(seen) if seen.number == number && seen.text == text => seen.since.elapsed() < LEFT,
        _ => {
            *seen = Some(Seen { number, text, since: Instant::now() });
            true
        }
    }
}

async fn numbers(storage: &Storage) -> Result<Vec<u64>> {
    let files = storage.list(layout::FOLLOWING).await?;
    let mut numbers: Vec<u64> =
        files.iter().filter_map(|file| layout::number_of(file.location.as_ref())).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn file(number: u64) -> String {
    layout::numbered(layout::FOLLOWING, number)
}
