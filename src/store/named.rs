//! What kept commits name: objects of rows, manifests, and what sources said when rows were made.

use std::collections::{BTreeMap, BTreeSet};

use super::commit::Commit;
use super::entry::Entry;
use super::state::{State, numbers};
use crate::error::Result;
use crate::project::layer::ModelName;
use crate::storage::Storage;

/// What kept commits name.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Objects of rows, each with a table that it is of.
    pub(crate) rows: BTreeMap<String, (ModelName, Entry)>,
    others: BTreeSet<String>,
}

impl Named {
    /// What is named by the commits from a number on.
    ///
    /// # Errors
    /// What storage says.
    pub(crate) async fn by_commits(storage: &Storage, kept_from: u64) -> Result<Self> {
        let mut named = Self::default();
        for number in numbers(storage).await?.into_iter().filter(|number| *number >= kept_from) {
            let Some(commit) = Commit::read(storage, number).await? else { continue };
            named.add(&State::of(storage, commit)).await?;
        }
        Ok(named)
    }

    /// Whether an object is named.
    pub(crate) fn contains(&self, object: &str) -> bool {
        self.rows.contains_key(object) || self.others.contains(object)
    }

    async fn add(&mut self, state: &State) -> Result<()> {
        for table in state.tables() {
            if let Some(whole) = state.whole(&table) {
                self.rows.insert(whole.entry.object.clone(), (table.clone(), whole.entry.clone()));
                self.others.extend(whole.entry.sources.clone());
            }
            for (_, manifest) in state.months(&table) {
                if self.others.insert(manifest.clone()) {
                    let days = state.manifest(manifest.clone()).await?;
                    let rows =
                        days.values().map(|entry| (entry.object.clone(), (table.clone(), entry.clone())));
                    self.rows.extend(rows);
                    self.others.extend(days.values().filter_map(|entry| entry.sources.clone()));
                }
            }
        }
        Ok(())
    }
}
