//! Published tables that get another name: all that is published of them, without a row being written again.

use std::collections::BTreeMap;

use super::commit::{Commit, key};
use super::next::Next;
use super::state::State;
use crate::error::{Error, Result};
use crate::project::layer::ModelName;

/// New names of published tables, by those that they have.
pub type Renames = BTreeMap<ModelName, ModelName>;

impl State {
    /// The same as it is once tables are renamed, for whoever plans before that is done.
    #[must_use]
    pub fn renamed(&self, renames: &Renames) -> Self {
        let mut commit = self.commit().clone();
        for (old, new) in renames {
            give(&mut commit, old, new);
        }
        Self::of(self.storage(), commit)
    }
}

/// Gives a table of a commit another name.
fn give(commit: &mut Commit, old: &ModelName, new: &ModelName) {
    if let Some(stored) = commit.tables.remove(&key(old)) {
        commit.tables.insert(key(new), stored);
        commit.renamed.insert(key(old), key(new));
    }
    if commit.main.as_ref() == Some(&key(old)) {
        commit.main = Some(key(new));
    }
}

/// Gives published tables other names. One that has its new name already was renamed by another run.
///
/// # Errors
/// [`Error::Transient`] where a table of the new name was published meanwhile; what storage says.
pub(super) async fn rename(next: &mut Next, newest: &State, renames: &Renames) -> Result<()> {
    for (old, new) in renames {
        let Some(stored) = next.tables.remove(&key(old)) else { continue };
        if next.tables.insert(key(new), stored).is_some() {
            return Err(Error::transient(format!(
                "another run has published {new} meanwhile; nothing was renamed"
            )));
        }
        next.renamed.insert(key(old), key(new));
        let days = newest.days(old).await?.len();
        next.changed.insert(key(new), days.max(usize::from(newest.whole(old).is_some())));
    }
    Ok(())
}
