//! Whether a definition has had its turn: two checkouts of a project on one output must not undo each other's work night by night.

use std::collections::{BTreeMap, BTreeSet};

use super::commit::{Commit, What};
use super::state::{State, history};
use super::{definition, layout};
use crate::error::Result;
use crate::project::layer::{Layer, ModelName};

/// A definition that was published, and that another one has replaced since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// The last commit that was made by it.
    pub last: u64,
    /// The commit of the definition that counts now.
    pub by: u64,
}

/// Whether the definition of a project has made a kept commit of some tables, or a draft was promoted to it, and another definition the one that counts now.
/// Only commits of these tables are looked at: projects with tables of their own may share an output. After a rollback the
/// commit counts that was gone back to. A definition that was never seen has replaced nothing.
///
/// # Errors
/// What storage says.
pub async fn replaced(
    newest: &State,
    project: &BTreeMap<String, String>,
    tables: &BTreeSet<ModelName>,
) -> Result<Option<Replaced>> {
    let own = definition::name(project)?;
    let storage = newest.storage();
    let tables: BTreeSet<String> = tables.iter().map(ModelName::to_string).collect();
    let published = |commit: &&Commit| match &commit.what {
        What::Published { tables: made, .. } => made.keys().any(|table| tables.contains(table)),
        What::Promoted { score, .. } => {
            tables.contains(&ModelName::new(Layer::Scores, score.clone()).to_string())
        }
        _ => false,
    };
    let is_own = |commit: &&Commit| commit.definition.as_ref() == Some(&own);
    let counts = newest.commit();
    let was_seen = storage.find(&layout::definition_file(&own)).await?.is_some();
    if !was_seen || (published(&counts) && is_own(&counts)) {
        return Ok(None);
    }
    let commits = history(storage).await?;
    let last = commits.iter().filter(published).find(is_own).map(|commit| commit.number);
    // What only commits tell that are not kept any more, the newest of them says.
    let gone = || counts.gone.iter().filter(|(_, gone)| !gone.tables.is_disjoint(&tables));
    let last = last.or_else(|| gone().find(|(definition, _)| **definition == own).map(|(_, gone)| gone.last));
    let by = match counting(&commits, published) {
        Some(now) => (!is_own(&now)).then_some(now.number),
        None => {
            let newest = gone().max_by_key(|(_, gone)| gone.last);
            newest.filter(|(definition, _)| **definition != own).map(|(_, gone)| gone.last)
        }
    };
    Ok(last.zip(by).map(|(last, by)| Replaced { last, by }))
}

/// The published commit that counts, of commits from the newest to the oldest: going back passes over what lies between.
fn counting(commits: &[Commit], published: impl Fn(&&Commit) -> bool) -> Option<&Commit> {
    let mut before = u64::MAX;
    for commit in commits {
        if commit.number > before {
            continue;
        }
        match &commit.what {
            What::RolledBack { to } => before = *to,
            _ if published(&commit) => return Some(commit),
            _ => {}
        }
    }
    None
}
