//! Sources and what is published lie apart: a run replaces and removes what it finds among its own tables.

use super::location_of;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::project::model::{Kind, Model};
use crate::storage::Storage;

/// That no source lies inside the output, nor the output inside a source.
///
/// # Errors
/// [`Error::Project`] with every source that does.
pub(crate) fn apart<'a>(
    sources: &Storage,
    out: &Storage,
    models: impl Iterator<Item = &'a Model>,
) -> Result<()> {
    let output = out.place("")?;
    let mut found = Diagnostics::new();
    for model in models {
        let Kind::Source(source) = &model.kind else { continue };
        let here = sources.place(&source.path)?;
        if !here.starts_with(&output) && !output.starts_with(&here) {
            continue;
        }
        let message = format!("{} is read from where tables are published: {}", model.name, out.shown());
        found.push(
            Diagnostic::error("source-in-output", message)
                .at(location_of(model, source))
                .note("a run replaces and removes files there, its own sources among them")
                .help("copy the files to a place of their own, or publish to another one with --out"),
        );
    }
    if found.is_empty() { Ok(()) } else { Err(Error::Project(found)) }
}
