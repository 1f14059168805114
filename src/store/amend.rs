//! Commits that no run makes: going back, taking days out, letting them go again. Whatever an erasure that was killed has left
//! to be done is done before.

use super::change::Change;
use super::claim::Claim;
use super::erasing::finish_erasure;
use super::follow::{Followed, Mark, follow};
use super::publish::{Author, commit};
use super::state::State;
use crate::error::Result;
use crate::storage::Storage;

/// What an amendment did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    /// The commit; `None` where nothing is other than it was.
    pub commit: Option<u64>,
    /// How many days of tables are other than before.
    pub days: usize,
    /// What plain folders show by now.
    pub followed: Followed,
}

/// Makes a commit of a change, and plain folders follow.
///
/// # Errors
/// As [`commit`] and [`follow`].
pub async fn amend(storage: &Storage, change: &Change, why: Option<String>) -> Result<Amended> {
    amend_as(storage, change, Author { why, ..Author::default() }).await
}

/// The same, with more for the commit to say; the run's name is filled in.
///
/// # Errors
/// As [`amend`].
pub async fn amend_as(storage: &Storage, change: &Change, author: Author) -> Result<Amended> {
    finish_erasure(storage).await?;
    let claim = Claim::make(storage).await?;
    let author = Author { run: claim.run().to_owned(), ..author };
    let made = made(storage, &author, change).await;
    // The first error is the cause.
    let removed = claim.remove(storage).await;
    let made = made?;
    removed?;
    Ok(made)
}

async fn made(storage: &Storage, author: &Author, change: &Change) -> Result<Amended> {
    let base = State::newest(storage).await?;
    let made = commit(&base, author, change).await?;
    let followed = follow(storage, &[]).await?;
    let days = made.iter().flat_map(|(_, changed)| changed.values()).sum();
    Ok(Amended { commit: made.map(|(number, _)| number), days, followed })
}

/// Makes all plain files anew, whatever they are by now.
///
/// # Errors
/// As [`follow`].
pub async fn mend(storage: &Storage) -> Result<Followed> {
    Mark::default().write(storage).await?;
    follow(storage, &[]).await
}
