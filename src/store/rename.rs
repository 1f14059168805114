//! Published tables that get another name: all that is published of them, without a row being written again.

use std::collections::BTreeMap;

use super::commit::{Stored, key};
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
            give((&mut commit.tables, &mut commit.renamed), old, new);
            if commit.main.as_ref() == Some(&key(old)) {
                commit.main = Some(key(new));
            }
        }
        Self::of(self.storage(), commit)
    }
}

/// Gives a table another name; whether there is one, and what was published under the new name.
fn give(
    (tables, renamed): (&mut BTreeMap<String, Stored>, &mut BTreeMap<String, String>),
    old: &ModelName,
    new: &ModelName,
) -> Option<Option<Stored>> {
    let stored = tables.remove(&key(old))?;
    renamed.insert(key(old), key(new));
    Some(tables.insert(key(new), stored))
}

/// Gives published tables other names. One that has its new name already was renamed by another run.
///
/// # Errors
/// [`Error::Transient`] where a table of the new name was published meanwhile; what storage says.
pub(super) async fn rename(next: &mut Next, newest: &State, renames: &Renames) -> Result<()> {
    for (old, new) in renames {
        let Some(there) = give((&mut next.tables, &mut next.renamed), old, new) else { continue };
        if there.is_some() {
            return Err(Error::transient(format!(
                "another run has published {new} meanwhile; nothing was renamed"
            )));
        }
        let days = newest.days(old).await?.len();
        next.changed.insert(key(new), days.max(usize::from(newest.whole(old).is_some())));
    }
    Ok(())
}
