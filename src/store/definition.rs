//! The project that made published rows, kept as text: what a score meant on its day can be read years later.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::commit::Commit;
use super::{entry, layout};
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::storage::Storage;

/// The files of a project, by their paths.
pub type Files = BTreeMap<String, String>;

/// The name of a definition: the hash of its files.
pub(super) fn name(files: &Files) -> Result<String> {
    Ok(entry::hash(&text(files)?))
}

fn text(files: &Files) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(files).map_err(|error| Error::Bug(error.to_string()))
}

/// Keeps a definition, unless it is there; returns its name.
pub(super) async fn keep(storage: &Storage, files: &Files) -> Result<String> {
    let text = text(files)?;
    let name = entry::hash(&text);
    let file = layout::definition_file(&name);
    if storage.find(&file).await?.is_none() {
        storage.create(&file, Bytes::from(text)).await?;
        storage.sync(std::slice::from_ref(&file)).await?;
    }
    Ok(name)
}

/// The project that made a commit; `None` where the commit does not say, or what it names is gone.
///
/// # Errors
/// What storage says; [`Error::Project`] for a definition that cannot be read.
pub async fn archived(storage: &Storage, commit: &Commit) -> Result<Option<Files>> {
    let Some(name) = &commit.definition else { return Ok(None) };
    let file = layout::definition_file(name);
    let Some(bytes) = storage.get_if_there(&file).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        let message = format!("{}/{file} cannot be read: {error}", storage.shown());
        let problem = Diagnostic::error("damaged-definition", message);
        Error::Project(problem.help("restore it from a backup").into())
    })
}
