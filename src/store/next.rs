//! What is published next: the newest commit, as far as a change has been worked into it.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::commit::{Commit, Gone, Held, Stored};
use super::entry::Manifest;
use super::state::State;
use crate::error::Result;
use crate::project::layer::ModelName;

/// What is published once a change took effect on top of a commit.
pub(super) struct Next {
    /// The tables: of those stored by day the months that stay, by the names of their manifests.
    pub(super) tables: BTreeMap<String, Stored>,
    /// Months that change: manifests that have to be written; one without days is to be left out.
    pub(super) manifests: Vec<(ModelName, String, Manifest)>,
    pub(super) held: BTreeMap<NaiveDate, Held>,
    pub(super) kept_from: u64,
    /// The names that renamed tables had, with those that they got.
    pub(super) renamed: BTreeMap<String, String>,
    /// The definition that counts from then on, and its main score; as before where nothing is said.
    pub(super) counts: Option<(Option<String>, Option<String>)>,
    /// Of commits that are not kept any more the definitions that published.
    pub(super) gone: BTreeMap<String, Gone>,
    /// How many days of each table are new; 1 for a table that is stored whole.
    pub(super) changed: BTreeMap<String, usize>,
    /// Whether it is worth a commit where what is published is as it was: earlier commits change.
    pub(super) is_of_history: bool,
}

impl Next {
    /// All as it is.
    pub(super) fn same_as(commit: &Commit) -> Self {
        Self {
            tables: commit.tables.clone(),
            manifests: Vec::new(),
            held: commit.held.clone(),
            kept_from: commit.kept_from,
            renamed: commit.renamed.clone(),
            counts: None,
            gone: commit.gone.clone(),
            changed: BTreeMap::new(),
            is_of_history: false,
        }
    }

    /// Whether anything is other than in a commit.
    pub(super) fn differs_from(&self, commit: &Commit) -> bool {
        self.is_of_history
            || !self.manifests.is_empty()
            || self.tables != commit.tables
            || self.held != commit.held
            || self.kept_from != commit.kept_from
    }
}

/// The days of a month of a table that are published now.
pub(super) async fn month_as_is(newest: &State, table: &ModelName, month: &str) -> Result<Manifest> {
    let named = newest.months(table).find(|(named, _)| *named == month).map(|(_, object)| object.clone());
    match named {
        Some(object) => Ok(newest.manifest(object).await?.as_ref().clone()),
        None => Ok(Manifest::new()),
    }
}
